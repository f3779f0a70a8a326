/// What an ``EventMerge`` has to know of an event, whoever keeps the event itself.
public struct EventMark: Sendable {
    enum Kind {
        /// The first event of a connection.
        case connection
        case other
        /// The end of a session that is compared with others: how it ended, and what it is compared by.
        indirect case end(SessionEnd.Verdict, EndingPatterns.Sample)
    }

    /// The event's packet.
    public let packet: UInt64
    /// The number that its part gave its connection.
    let connection: UInt64
    let kind: Kind

    /// Marks an event of a part.
    public init(_ event: borrowing Event, at context: borrowing EventContext) {
        packet = context.packet
        connection = context.connection
        kind =
            switch event {
            case .connection(let start): start.isFirstOfConnection ? .connection : .other
            case .end(let end): end.sample.map { .end(end.verdict, $0) } ?? .other
            default: .other
            }
    }
}
