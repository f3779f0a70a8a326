import WireFormat

/// Reads the frames that one end sends after the upgrade: bytes in, frames and messages out (RFC 6455 5).
///
/// It owns what ``WebSocketStream`` borrows, copies payloads, and can be held by a class or in an array. Input may come
/// in pieces of any size; how the bytes are cut makes no difference.
public final class FrameReader {
    /// The results of reading, in order.
    public enum Output: Hashable, Sendable {
        /// The frame at `streamOffset`, with 0-based number `index`, breaks a rule.
        case violation(Violation, streamOffset: UInt64, index: UInt64)
        /// A frame is complete; its payload is unmasked, but still compressed if its message is.
        case frame(Frame, payload: [UInt8])
        /// A message ended, or was given up (``Message/isComplete``); its payload is inflated, and empty if withheld.
        case message(Message, payload: [UInt8])
    }

    private var reading: Reading

    /// Creates a reader that begins after the upgrade.
    ///
    /// - Parameters:
    ///   - sender: Who sends the bytes: a client masks its frames, a server does not.
    ///   - compression: The negotiated permessage-deflate parameters (RFC 7692); nil if it was not negotiated.
    ///   - limits: Bounds on single payloads.
    ///   - keptPayload: The most payload bytes, in total, that may wait for the rest of their messages.
    public init(
        sender: Role, compression: DeflateParameters? = nil, limits: StreamLimits = StreamLimits(),
        keptPayload: Int = 64 << 20
    ) {
        let stream = WebSocketStream(
            sender: sender, streamOffset: 0, compression: compression,
            demand: PayloadDemand(bytes: .max, includesFrames: true), limits: limits)
        reading = Reading(stream: stream, resources: StreamResources(keptPayload: keptPayload))
    }

    /// Reads the next bytes.
    ///
    /// - Parameter bytes: Any number of bytes.
    /// - Returns: The frames and messages that they complete, and the rules that those break.
    public func read(_ bytes: [UInt8]) -> [Output] { reading.read(bytes) }

    /// Ends the stream.
    ///
    /// - Returns: The rules that its last bytes break, and the unfinished message, as far as it came.
    public func finish() -> [Output] { reading.finish() }
}

/// A stream together with what it borrows.
private struct Reading: ~Copyable {
    var stream: WebSocketStream
    var resources: StreamResources

    mutating func read(_ bytes: [UInt8]) -> [FrameReader.Output] {
        var input = ByteCursor(bytes.span)
        var outputs: [FrameReader.Output] = []
        while let output = stream.next(&input, resources: &resources) {
            switch output {
            case .violation(let violation, let offset, let index):
                outputs.append(.violation(violation, streamOffset: offset, index: index))
            case .frame(let frame, _):
                outputs.append(.frame(frame, payload: Array(copying: stream.framePayload)))
            case .message(let message):
                outputs.append(.message(message, payload: Array(copying: stream.messagePayload)))
            }
        }
        return outputs
    }

    mutating func finish() -> [FrameReader.Output] {
        stream.judgeUnfinished()
        var outputs = read([])
        if let message = stream.finish(resources: &resources) {
            outputs.append(.message(message, payload: Array(copying: stream.messagePayload)))
        }
        stream.release(resources: &resources)
        return outputs
    }
}
