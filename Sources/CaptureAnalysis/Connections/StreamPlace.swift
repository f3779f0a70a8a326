import WebSocketProtocol
package import WireFormat

/// Where bytes stand: in the stream that is read, and in the TCP stream that carried them.
///
/// For plain TCP the two are the same. Bytes that a ``StreamLayer`` decoded stand in a stream of their own, and were
/// carried by all of the record that they were decoded from.
package struct StreamPlace: Hashable, Sendable {
    /// Who sent them.
    package var direction: Direction
    /// Where the first of them stands in the stream that is read.
    package var offset: UInt64
    /// The packet that brought them, which may be an earlier one than the current packet.
    package var origin: Origin
    /// The bytes of the TCP stream that carried them: the other end has received them when its TCP has acknowledged all
    /// of these.
    package var carrier: Range<UInt64>
    /// How far the other end has acknowledged that TCP stream by now; 0 if it is not needed.
    package var acknowledged: UInt64

    package init(
        direction: Direction, offset: UInt64, origin: Origin, carrier: Range<UInt64>, acknowledged: UInt64 = 0
    ) {
        self.direction = direction
        self.offset = offset
        self.origin = origin
        self.carrier = carrier
        self.acknowledged = acknowledged
    }

    /// Bytes that TCP itself carries.
    @inline(__always)
    init(_ direction: Direction, at offset: UInt64, count: Int, origin: Origin, acknowledged: UInt64) {
        self.init(
            direction: direction, offset: offset, origin: origin, carrier: offset..<(offset &+ UInt64(count)),
            acknowledged: acknowledged)
    }

    /// The bytes of the TCP stream that carried some of these.
    ///
    /// - Parameters:
    ///   - part: Which of these bytes.
    ///   - count: How many these are.
    /// - Returns: Their place in the TCP stream; all of ``carrier`` if they cannot be told apart in it.
    package func carrier(of part: Range<Int>, outOf count: Int) -> Range<UInt64> {
        // If the lengths differ, bytes cannot be told apart in what carried them.
        guard carrier.upperBound &- carrier.lowerBound == UInt64(count) else { return carrier }
        return (carrier.lowerBound &+ UInt64(part.lowerBound))..<(carrier.lowerBound &+ UInt64(part.upperBound))
    }

    /// The place of the last bytes.
    ///
    /// - Parameters:
    ///   - dropped: How many of these come before them.
    ///   - count: How many these are.
    /// - Returns: Their place.
    func dropping(_ dropped: Int, outOf count: Int) -> StreamPlace {
        var place = self
        place.offset &+= UInt64(dropped)
        place.carrier = carrier(of: dropped..<count, outOf: count)
        return place
    }
}

extension Role {
    /// Who sends a direction, given the client's.
    @inline(__always)
    init(_ direction: Direction, client: Direction) {
        self = direction == client ? .client : .server
    }

    /// What this end sends, given the client's direction.
    @inline(__always)
    func direction(client: Direction) -> Direction {
        self == .client ? client : client.opposite
    }
}
