import WebSocketProtocol
package import WireFormat

/// The place of bytes: in the stream that is read, and in the TCP stream that carried them.
///
/// For plain TCP the two are the same. Bytes that a ``StreamLayer`` decoded are in a stream of their own, and were
/// carried by the whole record from which they were decoded.
package struct StreamPlace: Hashable, Sendable {
    /// Who sent them.
    package var direction: Direction
    /// The offset of the first byte in the stream that is read.
    package var offset: UInt64
    /// The packet that brought them, which may be earlier than the current one.
    package var origin: Origin
    /// The bytes of the TCP stream that carried them: the other end has received them once its TCP has acknowledged all
    /// of these.
    package var carrier: Range<UInt64>
    /// How far the other end has acknowledged that TCP stream by now; 0 if not needed.
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

    /// The place of bytes that TCP itself carries.
    @inline(__always)
    init(_ direction: Direction, at offset: UInt64, count: Int, origin: Origin, acknowledged: UInt64) {
        self.init(
            direction: direction, offset: offset, origin: origin, carrier: offset..<(offset &+ UInt64(count)),
            acknowledged: acknowledged)
    }

    /// The bytes of the TCP stream that carried some of these bytes.
    ///
    /// - Parameters:
    ///   - part: The range of these bytes.
    ///   - count: The number of all of these bytes.
    /// - Returns: Their range in the TCP stream; all of ``carrier`` if they cannot be told apart in it.
    package func carrier(of part: Range<Int>, outOf count: Int) -> Range<UInt64> {
        // If the lengths differ, single bytes cannot be located in what carried them.
        guard carrier.upperBound &- carrier.lowerBound == UInt64(count) else { return carrier }
        return (carrier.lowerBound &+ UInt64(part.lowerBound))..<(carrier.lowerBound &+ UInt64(part.upperBound))
    }

    /// The place of the last bytes.
    ///
    /// - Parameters:
    ///   - dropped: The number of bytes before them.
    ///   - count: The number of all bytes.
    /// - Returns: Their place.
    func dropping(_ dropped: Int, outOf count: Int) -> StreamPlace {
        var place = self
        place.offset &+= UInt64(dropped)
        place.carrier = carrier(of: dropped..<count, outOf: count)
        return place
    }
}

extension Role {
    /// The role of the end that sends a direction, given the client's direction.
    @inline(__always)
    init(_ direction: Direction, client: Direction) {
        self = direction == client ? .client : .server
    }

    /// The direction that this end sends, given the client's direction.
    @inline(__always)
    func direction(client: Direction) -> Direction {
        self == .client ? client : client.opposite
    }
}
