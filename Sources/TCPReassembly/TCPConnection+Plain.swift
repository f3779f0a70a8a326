public import PacketDecoding
public import WireFormat

/// The short way for what most segments are.
extension TCPConnection {
    /// Takes a segment that does nothing but bring the next bytes of its stream, acknowledge, or both, where nothing waits,
    /// is closed or in doubt; all of its payload comes next.
    ///
    /// Nobody needs to call it: ``rejects(_:in:from:)`` and ``receive(_:from:payload:packet:time:budget:limits:)`` come to
    /// the same.
    ///
    /// - Parameters:
    ///   - segment: A segment, perhaps of another connection.
    ///   - bytes: What it was found in.
    ///   - time: Its packet's time.
    /// - Returns: Who sent it; nil where it is not such a segment, or of another connection: then nothing has changed.
    public mutating func receivePlain(
        _ segment: inout TCPSegment, in bytes: Span<UInt8>, time: Timestamp
    ) -> Direction? {
        guard attention.isEmpty, segment.flags.subtracting(.psh) == .ack, segment.window > 0 else { return nil }
        let direction: Direction
        if initiator.port == segment.source.port, initiator == segment.source, responder == segment.destination {
            direction = .fromInitiator
        } else if responder == segment.source, initiator == segment.destination {
            direction = .fromResponder
        } else {
            return nil
        }
        let length = segment.payloadLength
        guard segment.tunnel == tunnels[direction.index], segment.payload.count == length,
            streams[direction.index].isNext(segment.sequence, length: length)
        else { return nil }
        guard length > 0 else {
            guard segment.flags == .ack, checksums[direction.index].isSettled,
                streams[direction.opposite.index].acknowledgePlain(segment.acknowledgment, window: segment.window)
            else { return nil }
            note(plainAt: time)
            return direction
        }
        guard let hopLimit = segment.hopLimit(in: bytes), hopLimits[direction.index].isSure(of: hopLimit),
            segment.checksumStatus(in: bytes).isGood,
            streams[direction.opposite.index].acknowledgePlain(segment.acknowledgment, window: segment.window)
        else { return nil }
        checksums[direction.index].countGood()
        streams[direction.index].takeNext(bytes.extracting(segment.payload))
        note(plainAt: time)
        return direction
    }

    @inline(__always)
    private mutating func note(plainAt time: Timestamp) {
        lastTime = time
        packets &+= 1
    }
}
