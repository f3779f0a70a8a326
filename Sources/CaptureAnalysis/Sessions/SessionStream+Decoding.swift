import WebSocketProtocol
import WireFormat

/// What a session asks of a stream's decoder, and how the decoder's place changes with the stream.
///
/// Properties are `mutating` so that nothing is copied.
extension SessionStream {
    /// Where the next byte stands that the decoder is handed.
    var nextOffset: UInt64 {
        @inline(__always) mutating get { decoder.streamOffset }
    }

    /// The packet that brought the first byte of the frame that has begun and not ended; nil if there is none.
    var openFrameOrigin: Origin? {
        mutating get { decoder.isInFrame ? decoder.frameOrigin : nil }
    }

    /// Whether the bytes decoded last belong to something that has not ended, other than a Close frame: they break a
    /// silence, though no frame says so yet.
    var hasOpenBytes: Bool {
        @inline(__always) mutating get {
            decoder.isInFrame ? decoder.currentOpcode != .close : decoder.isLost && isStopped
        }
    }

    /// Gives the stream up for good: what it holds is no frames.
    mutating func stop(_ resources: inout StreamResources) {
        decoder.lose(resources: &resources)
        isStopped = true
    }

    /// Records that no byte of it can be decoded.
    mutating func hide(_ resources: inout StreamResources) {
        isIncomplete = true
        decoder.lose(resources: &resources)
    }

    /// Passes over bytes that stand before a frame and are none.
    mutating func pass(_ count: Int, _ resources: inout StreamResources) {
        let end = nextOffset &+ UInt64(count)
        decoder.lose(resources: &resources)
        decoder.resume(at: end)
    }

    /// Goes on with frames at a place that evidence shows, not proof.
    mutating func resume(inferredAt offset: UInt64) {
        isInferred = true
        decoder.resume(at: offset)
    }
}
