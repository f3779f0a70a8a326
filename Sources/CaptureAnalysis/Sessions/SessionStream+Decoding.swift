import WebSocketProtocol
import WireFormat

/// Access to a stream's decoder, and how the decoder's position changes with the stream.
///
/// Properties are `mutating` so that nothing is copied.
extension SessionStream {
    /// The stream offset of the decoder's next byte.
    var nextOffset: UInt64 {
        @inline(__always) mutating get { decoder.streamOffset }
    }

    /// The packet that brought the first byte of a frame that has not ended; nil if there is none.
    var openFrameOrigin: Origin? {
        mutating get { decoder.isInFrame ? decoder.frameOrigin : nil }
    }

    /// Whether the bytes decoded last belong to something unfinished other than a Close frame: they break a silence,
    /// though no frame shows them yet.
    var hasOpenBytes: Bool {
        @inline(__always) mutating get {
            decoder.isInFrame ? decoder.currentOpcode != .close : decoder.isLost && isStopped
        }
    }

    /// Gives the stream up for good, since its bytes are not frames.
    mutating func stop(_ resources: inout StreamResources) {
        decoder.lose(resources: &resources)
        isStopped = true
    }

    /// Records that no byte of the stream can be decoded.
    mutating func hide(_ resources: inout StreamResources) {
        isIncomplete = true
        decoder.lose(resources: &resources)
    }

    /// Skips bytes before a frame.
    mutating func pass(_ count: Int, _ resources: inout StreamResources) {
        let end = nextOffset &+ UInt64(count)
        decoder.lose(resources: &resources)
        decoder.resume(at: end)
    }

    /// Resumes at a place that was inferred, not proven.
    mutating func resume(inferredAt offset: UInt64) {
        isInferred = true
        decoder.resume(at: offset)
    }
}
