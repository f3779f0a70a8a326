package import PacketDecoding
package import WireFormat

/// The fast path for most segments.
extension TCPConnection {
    /// Takes a segment that only brings the next bytes of its stream, or an acknowledgment, or both, while nothing
    /// waits, is closed or is in doubt; all of its payload is next in order.
    ///
    /// Optional: ``rejects(_:in:from:)`` and ``receive(_:from:at:payload:budget:limits:resetEndsAll:)`` have the same
    /// result.
    ///
    /// - Parameters:
    ///   - segment: A segment, perhaps of another connection.
    ///   - bytes: The buffer that holds it.
    ///   - time: Its packet's time.
    /// - Returns: Who sent it; nil if it is another kind of segment, or of another connection: then nothing has
    ///   changed.
    package mutating func receiveFastPath(
        _ segment: inout TCPSegment, in bytes: Span<UInt8>, time: Timestamp
    ) -> Direction? {
        guard slowPathReasons.isEmpty, segment.window > 0, let direction = direction(ofFastPath: &segment) else {
            return nil
        }
        let length = segment.payloadLength
        guard segment.payload.count == length,
            streams[direction.index].isNext(segment.sequence, length: length)
        else { return nil }
        guard length > 0 else {
            guard segment.flags == .ack, segment.headerLength <= 32, checksums[direction.index].isSettled,
                streams[direction.opposite.index].acknowledgeFastPath(segment.acknowledgment, window: segment.window)
            else { return nil }
            if streams[direction.index].isAcknowledged {
                headers[direction.index].follow(emptySegment: &segment, in: bytes)
            }
            count(at: time)
            return direction
        }
        guard let header = segment.networkHeader(in: bytes),
            hopLimits[direction.index].agrees(with: bytes[header &+ (segment.source.address.isIPv6 ? 7 : 8)]),
            segment.checksumStatus(in: bytes).isGood, headers[direction.index].agrees(&segment, header, in: bytes),
            streams[direction.opposite.index].acknowledgeFastPath(segment.acknowledgment, window: segment.window)
        else { return nil }
        hopLimits[direction.index].strengthen()
        checksums[direction.index].countGood()
        if streams[direction.index].isAcknowledged { headers[direction.index].follow(&segment, in: bytes) }
        let identification = segment.source.address.isIPv6 ? 0 : bytes.bigEndianUInt16(at: header &+ 4)
        streams[direction.index].takeNext(bytes.extracting(segment.payload), identification: identification)
        count(at: time)
        return direction
    }

    /// Takes such a segment of a connection whose bytes are not read, as ``pass(_:from:at:)`` does.
    ///
    /// - Parameters:
    ///   - segment: A segment, perhaps of another connection.
    ///   - time: Its packet's time.
    /// - Returns: Who sent it; nil if it is another kind of segment, or of another connection: then nothing has
    ///   changed.
    package mutating func passFastPath(_ segment: inout TCPSegment, time: Timestamp) -> Direction? {
        // After a connection is over, a segment may open a new one.
        guard !isClosed, let direction = direction(ofFastPath: &segment) else { return nil }
        lastTime = time
        return direction
    }

    /// The sender of a segment without SYN, FIN or RST; nil if it has one, is of another connection, or came through
    /// another tunnel than the segments before.
    @inline(__always)
    private mutating func direction(ofFastPath segment: inout TCPSegment) -> Direction? {
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
    private mutating func count(at time: Timestamp) {
        lastTime = time
        packets &+= 1
    }
}

/// Why the next segment of a connection needs the slow path; usually there is no reason.
struct SlowPathReasons: OptionSet {
    let rawValue: UInt8

    /// A segment has ended the connection.
    static let closed = SlowPathReasons(rawValue: 1)
    /// The acknowledgment of the SYN ACK is still to come.
    static let opening = SlowPathReasons(rawValue: 2)
    /// Each of the first packets may change the states of the ends.
    static let young = SlowPathReasons(rawValue: 4)
    /// An end awaits an answer from the other (``TCPConnection/unanswered(_:)``).
    static let unanswered = SlowPathReasons(rawValue: 8)
    /// The next segment may not have reached the other end.
    static let doubtfulSegment = SlowPathReasons(rawValue: 16)
    /// Only a RST that the other end may not have accepted has ended the connection.
    static let doubtfulReset = SlowPathReasons(rawValue: 32)
    /// A window is closed, or its reopening is not yet reported.
    static let closedWindow = SlowPathReasons(rawValue: 64)
    /// Both FINs are acknowledged, but bytes before them may be captured late.
    static let finished = SlowPathReasons(rawValue: 128)

    /// Inserts or removes a reason.
    mutating func set(_ reason: SlowPathReasons, to isGiven: Bool) {
        if isGiven { insert(reason) } else { remove(reason) }
    }
}
