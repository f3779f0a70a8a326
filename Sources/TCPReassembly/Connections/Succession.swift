package import PacketDecoding
package import WireFormat

/// What matters while packets of a connection may still be captured late: its end, and the connections between the same
/// ends just before and after it.
///
/// An object, since most connections never need it.
final class Succession {
    /// The previous connection.
    var former: Slot<TCPConnection>?
    /// The next connection.
    var successor: Slot<TCPConnection>?
    /// The SYN of the next connection.
    var replacement: Origin?
    /// The packet with the last acknowledgment of a FIN, if bytes before the FINs were not captured by then.
    var finish: Origin?
    /// The latest packet of the connection, or the SYN of the next one.
    var latest: Origin?
}

/// Connections replaced by another between the same ends while the capture still lacked some of their packets.
extension ConnectionTable {
    /// How many connections back to look for a late segment's own.
    private static let reach = 4

    /// Hides a connection from ``find(_:hash:)``, since another is about to replace it.
    package mutating func retire(_ slot: Slot<TCPConnection>) {
        index.remove(index.hash(connections[slot].initiator, connections[slot].responder), slot: slot.index)
        connections[slot].isReplaced = true
    }

    /// Links a connection with the one that it replaced, unless that one is already forgotten.
    ///
    /// - Parameters:
    ///   - slot: The connection.
    ///   - former: The one that it replaced.
    ///   - origin: The packet with its SYN.
    package mutating func link(_ slot: Slot<TCPConnection>, to former: Slot<TCPConnection>, at origin: Origin) {
        guard slot != former, connections.isUsed(former), connections[former].isReplaced else { return }
        connections[slot].beginSuccession().former = former
        let before = connections[former].beginSuccession()
        before.successor = slot
        (before.replacement, before.latest) = (origin, origin)
    }

    /// The place of a segment that belongs to a former connection between its ends; nil if it belongs to the current
    /// one.
    ///
    /// - Parameters:
    ///   - segment: The segment.
    ///   - place: Its place if it belongs to the current connection.
    /// - Returns: Its place in the former connection.
    package mutating func formerPlace(of segment: inout TCPSegment, before place: Place) -> Place? {
        guard connections[place.slot].hasSuccession, var former = connections[place.slot].succession?.former,
            !connections[place.slot].fits(segment, from: place.direction)
        else { return nil }
        for _ in 0..<Self.reach {
            guard let direction = connections[former].direction(of: segment) else { return nil }
            if connections[former].fits(segment, from: direction) { return Place(slot: former, direction: direction) }
            guard let next = connections[former].succession?.former else { return nil }
            former = next
        }
        return nil
    }

    /// Unlinks a connection that is being forgotten from its neighbours.
    mutating func unlink(_ slot: Slot<TCPConnection>) {
        guard let succession = connections[slot].succession else { return }
        if let successor = succession.successor { connections[successor].succession?.former = succession.former }
        if let former = succession.former { connections[former].succession?.successor = succession.successor }
    }
}

/// Connections that both ends have finished while the capture still lacked bytes of them.
extension TCPConnection {
    /// Whether both FINs are acknowledged, and bytes before them may be captured late.
    ///
    /// `mutating`, like the members below, so that it is read in place.
    package var isFinished: Bool {
        mutating get { slowPathReasons.intersection([.closed, .finished]) == .finished }
    }

    /// The packet that acknowledged the last FIN, if bytes before the FINs were not captured by then.
    package var finish: Origin? { mutating get { succession?.finish } }

    /// Whether the capture lacks bytes before a FIN.
    var lacksBytesBeforeFins: Bool {
        mutating get { streams[0].lacksBytesBeforeFin || streams[1].lacksBytesBeforeFin }
    }

    /// Keeps the connection, which a segment has closed, open for bytes before its FINs that may be captured late.
    ///
    /// - Returns: Whether it lacks such bytes.
    package mutating func awaitLateBytes(at origin: Origin) -> Bool {
        guard isClosed, !isFinished, reset == nil, lacksBytesBeforeFins else { return false }
        slowPathReasons.remove(.closed)
        slowPathReasons.insert(.finished)
        let succession = beginSuccession()
        (succession.finish, succession.latest) = (origin, origin)
        return true
    }

    /// Goes on after FINs that ended nothing.
    mutating func goOnAfterFins() {
        slowPathReasons.remove(.finished)
        succession?.finish = nil
    }
}

extension TCPConnection {
    /// The neighbours of the connection, created if there are none.
    mutating func beginSuccession() -> Succession {
        let succession = succession ?? Succession()
        self.succession = succession
        return succession
    }

    /// The SYN of the connection that replaced it; nil if none did.
    package var replacement: Origin? { mutating get { succession?.replacement } }

    /// Whether an end has acknowledged bytes that are not captured yet.
    package mutating func lacksBytes() -> Bool {
        Int64(clamping: streams[0].acknowledgedOffset) >= end(of: 0)
            || Int64(clamping: streams[1].acknowledgedOffset) >= end(of: 1)
    }

    /// Whether a segment acknowledges bytes that are not captured yet.
    package mutating func acknowledgesUnseen(_ segment: borrowing TCPSegment, from direction: Direction) -> Bool {
        let other = direction.opposite.index
        guard segment.flags.contains(.ack), let offset = streams[other].signedOffset(of: segment.acknowledgment) else {
            return false
        }
        return offset > end(of: other)
    }

    /// Whether a segment can belong to this connection: it acknowledges captured bytes of the other end, or without an
    /// ACK lies within its own stream.
    mutating func fits(_ segment: borrowing TCPSegment, from direction: Direction) -> Bool {
        let other = direction.opposite.index
        guard segment.flags.contains(.ack) else {
            let first = segment.sequence &+ (segment.flags.contains(.syn) ? 1 : 0)
            guard let offset = streams[direction.index].signedOffset(of: first) else { return false }
            return segment.flags.contains(.syn) ? offset == 0 : (0...end(of: direction.index)).contains(offset)
        }
        guard let offset = streams[other].signedOffset(of: segment.acknowledgment) else { return false }
        return (0...end(of: other)).contains(offset)
    }

    /// The offset after the last byte of a stream, or after its FIN.
    private mutating func end(of index: Int) -> Int64 {
        Int64(clamping: max(streams[index].nextOffset, streams[index].seenOffset)) &+ 1
    }
}
