/// One of the two byte streams of a TCP connection, told apart by who opened it.
public enum StreamSide: UInt8, Hashable, Sendable, CaseIterable {
    /// The stream of the end that opened the connection; an arbitrary one where that is not known.
    case initiator
    /// The stream of the other end.
    case responder

    /// The other stream.
    public var other: StreamSide { self == .initiator ? .responder : .initiator }
}
