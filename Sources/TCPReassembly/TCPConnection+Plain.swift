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
        guard attention.isEmpty, segment.window > 0, let direction = direction(ofPlain: &segment) else { return nil }
        let length = segment.payloadLength
        guard segment.payload.count == length,
            streams[direction.index].isNext(segment.sequence, length: length)
        else { return nil }
        guard length > 0 else {
            guard segment.flags == .ack, checksums[direction.index].isSettled,
                streams[direction.opposite.index].acknowledgePlain(segment.acknowledgment, window: segment.window)
            else { return nil }
            note(plainAt: time)
            return direction
        }
        guard let hopLimit = segment.hopLimit(in: bytes), hopLimits[direction.index].agrees(with: hopLimit),
            segment.checksumStatus(in: bytes).isGood,
            streams[direction.opposite.index].acknowledgePlain(segment.acknowledgment, window: segment.window)
        else { return nil }
        hopLimits[direction.index].strengthen()
        checksums[direction.index].countGood()
        streams[direction.index].takeNext(bytes.extracting(segment.payload))
        note(plainAt: time)
        return direction
    }

    /// Takes such a segment of a connection whose bytes nobody reads: as ``pass(_:from:packet:time:)`` does.
    ///
    /// - Parameters:
    ///   - segment: A segment, perhaps of another connection.
    ///   - time: Its packet's time.
    /// - Returns: Whether it is such a one; if not, nothing has changed.
    public mutating func passPlain(_ segment: inout TCPSegment, time: Timestamp) -> Bool {
        guard direction(ofPlain: &segment) != nil else { return false }
        lastTime = time
        return true
    }

    /// Who sent a segment that opens, closes and resets nothing; nil where it does, or is of another connection, or came
    /// through another tunnel than those before.
    @inline(__always)
    private mutating func direction(ofPlain segment: inout TCPSegment) -> Direction? {
        guard segment.flags.subtracting(.psh) == .ack else { return nil }
        let direction: Direction
        if initiator.port == segment.source.port, initiator == segment.source, responder == segment.destination {
            direction = .fromInitiator
        } else if responder == segment.source, initiator == segment.destination {
            direction = .fromResponder
        } else {
            return nil
        }
        return segment.tunnel == tunnels[direction.index] ? direction : nil
    }

    @inline(__always)
    private mutating func note(plainAt time: Timestamp) {
        lastTime = time
        packets &+= 1
    }
}
