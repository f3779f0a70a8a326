import BasicContainers
public import WireFormat

/// An uncompressed message that is one frame (RFC 6455 5.4), all of whose bytes came together, and which breaks no rule.
///
/// Most messages are such. Their payload need not be kept: it is lent where it is.
public struct WholeMessage: Sendable {
    /// The frame.
    public var frame: Frame
    /// Where the payload is: nil in the room of ``StreamResources``, unmasked; else in the input, from this offset on.
    var inputOffset: Int?
    /// How many bytes of the payload are lent: all, or as many as were demanded.
    var lentCount: Int
    /// Whether the payload of the frame was demanded beside the message's.
    var showsFrame: Bool

    /// The message.
    public var message: Message {
        let length = frame.header.payloadLength
        return Message(
            isText: frame.header.opcode == .text, streamOffset: frame.streamOffset, isComplete: true, frames: 1,
            isCompressed: false, wireLength: length, length: length, payload: payloadStatus, isValidUTF8: true)
    }

    /// How much of the frame's payload is at hand.
    public var framePayloadStatus: PayloadStatus {
        showsFrame || frame.header.payloadLength == 0 ? payloadStatus : .truncated
    }

    /// How much of the message's payload is at hand.
    public var payloadStatus: PayloadStatus {
        lentCount < Int(clamping: frame.header.payloadLength) ? .truncated : .whole
    }

    /// The payload of the frame, as far as it was demanded.
    ///
    /// - Parameters:
    ///   - input: What the message was found in.
    ///   - resources: What was handed to ``WebSocketStream/next(_:resources:)`` with it, and not used since.
    /// - Returns: The first bytes, unmasked; none where frames are to be told without their payload.
    @_lifetime(copy input, borrow resources)
    public func framePayload(in input: ByteCursor, _ resources: borrowing StreamResources) -> Span<UInt8> {
        payload(in: input, resources).extracting(first: showsFrame ? lentCount : 0)
    }

    /// The payload of the message, as far as it was demanded.
    ///
    /// - Parameters:
    ///   - input: What the message was found in.
    ///   - resources: What was handed to ``WebSocketStream/next(_:resources:)`` with it, and not used since.
    /// - Returns: The first bytes, unmasked.
    @_lifetime(copy input, borrow resources)
    public func payload(in input: ByteCursor, _ resources: borrowing StreamResources) -> Span<UInt8> {
        guard let inputOffset else { return resources.unmasked.span }
        return input.bytes.extracting(inputOffset..<(inputOffset &+ lentCount))
    }
}
