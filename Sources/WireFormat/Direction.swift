/// One of the two streams of a connection, named by who sends it.
///
/// If the SYN was not seen, the end that was seen to send first counts as the initiator.
@frozen
public enum Direction: UInt8, Hashable, Sendable, CaseIterable {
    /// From the end that opened the connection.
    case fromInitiator
    /// From the end that answered.
    case fromResponder

    /// Its index in a pair: 0 or 1.
    @inlinable
    public var index: Int { Int(rawValue) }

    /// The other stream.
    @inlinable
    public var opposite: Direction { self == .fromInitiator ? .fromResponder : .fromInitiator }
}
