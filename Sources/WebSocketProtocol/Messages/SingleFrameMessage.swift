import BasicContainers
public import WireFormat

/// An uncompressed message in a single frame (RFC 6455 5.4) that arrived in one piece and breaks no rule.
///
/// Most messages are of this kind. Their payload is not kept, but lent in place.
public struct SingleFrameMessage: Sendable {
    /// The frame.
    public var frame: Frame
    /// The offset of the payload in the input; nil if it was unmasked into ``StreamResources``.
    var inputOffset: Int?
    /// The number of payload bytes lent: all, or as many as were demanded.
    var lentCount: Int
    /// Whether the frame's payload was demanded as well as the message's.
    var showsFrame: Bool

    /// The message.
    public var message: Message {
        let length = frame.header.payloadLength
        return Message(
            isText: frame.header.opcode == .text, streamOffset: frame.streamOffset, isComplete: true, frameCount: 1,
            isCompressed: false, wireLength: length, length: length, payload: payloadStatus, isValidUTF8: true)
    }

    /// How much of the frame's payload is available.
    public var framePayloadStatus: PayloadStatus {
        showsFrame || frame.header.payloadLength == 0 ? payloadStatus : .truncated
    }

    /// How much of the message's payload is available.
    public var payloadStatus: PayloadStatus {
        lentCount < Int(clamping: frame.header.payloadLength) ? .truncated : .whole
    }

    /// The payload of the frame, as far as it was demanded.
    ///
    /// - Parameters:
    ///   - input: The input in which the message was found.
    ///   - resources: The resources passed along with it, not used since.
    /// - Returns: The first bytes, unmasked; empty if frame payloads were not demanded.
    @_lifetime(copy input, borrow resources)
    public func framePayload(in input: ByteCursor, _ resources: borrowing StreamResources) -> Span<UInt8> {
        payload(in: input, resources).extracting(first: showsFrame ? lentCount : 0)
    }

    /// The payload of the message, as far as it was demanded.
    ///
    /// - Parameters:
    ///   - input: The input in which the message was found.
    ///   - resources: The resources passed along with it, not used since.
    /// - Returns: The first bytes, unmasked.
    @_lifetime(copy input, borrow resources)
    public func payload(in input: ByteCursor, _ resources: borrowing StreamResources) -> Span<UInt8> {
        guard let inputOffset else { return resources.unmasked.span }
        return input.bytes.extracting(inputOffset..<(inputOffset &+ lentCount))
    }
}
