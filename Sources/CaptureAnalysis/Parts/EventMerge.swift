/// Puts the events of several parts of an analysis together: in the order, and with the numbers, of one analysis.
///
/// The events of a packet all come from one part, so the packets' numbers give the order. The keeper of the parts'
/// events hands on those of ``turn``, then says with ``advance(_:to:hasEvent:)`` how far that part has come, and so on.
package struct EventMerge: ~Copyable {
    /// The part whose events are next.
    package struct Turn {
        /// The part, from 0.
        package let part: Int
        /// The packet up to which no other part has any.
        package let lastPacket: UInt64
    }

    private struct Part: ~Copyable {
        /// The packet of its next event, or the first that may have one.
        var nextPacket: UInt64 = 1
        /// Whether there is such an event.
        var hasEvent = false
        /// The connections' numbers by the numbers that the part gave them.
        var numbers: [UInt64] = []
    }

    private var parts: PerPart<Part>
    private let count: Int
    /// How many connections have got a number.
    private(set) var connectionCount: UInt64 = 0
    /// What the sessions so far show together.
    private(set) var comparison = SessionComparison()

    /// Creates one for this many parts.
    package init(parts count: Int) {
        self.count = count
        parts = PerPart { _ in Part() }
    }

    /// The part whose events are next, or must be known to go on; nil once all were handed on.
    package var turn: Turn? {
        // Where two have the same next packet, the one without an event has none of it.
        var (first, limit) = (0, UInt64.max)
        for part in 1..<max(1, count) {
            let (packet, earliest) = (parts[part].nextPacket, parts[first].nextPacket)
            if packet < earliest || packet == earliest && !parts[first].hasEvent {
                (first, limit) = (part, earliest)
            } else {
                limit = min(limit, packet)
            }
        }
        return parts[first].nextPacket == .max ? nil : Turn(part: first, lastPacket: limit)
    }

    /// Says how far a part has come.
    ///
    /// - Parameters:
    ///   - part: The part.
    ///   - packet: The packet of its next event; if that is not known, the first that may have one.
    ///   - hasEvent: Whether it is known.
    package mutating func advance(_ part: Int, to packet: UInt64, hasEvent: Bool) {
        parts[part].nextPacket = packet
        parts[part].hasEvent = hasEvent
    }

    /// Says that a part has no more events.
    package mutating func complete(_ part: Int) {
        advance(part, to: .max, hasEvent: false)
    }

    /// Learns of an event that is handed on.
    ///
    /// - Parameters:
    ///   - mark: The event's mark.
    ///   - part: Its part.
    /// - Returns: The number of its connection.
    package mutating func pass(_ mark: borrowing EventMark, of part: Int) -> UInt64 {
        switch mark.kind {
        case .connection: number(mark.connection, of: part)
        case .end(let verdict, let sample):
            comparison.record(verdict, sample, connection: number(of: mark.connection, in: part))
        case .upgrade(let leg): comparison.record(leg, connection: number(of: mark.connection, in: part))
        case .other: break
        }
        return number(of: mark.connection, in: part)
    }

    /// What a connection is numbered that a part has numbered so.
    func number(of connection: UInt64, in part: Int) -> UInt64 {
        connection < parts[part].numbers.count ? parts[part].numbers[Int(connection)] : 0
    }

    /// Gives the next number to a connection that a part has numbered so.
    private mutating func number(_ connection: UInt64, of part: Int) {
        connectionCount &+= 1
        let place = Int(connection)
        while parts[part].numbers.count <= place { parts[part].numbers.append(0) }
        parts[part].numbers[place] = connectionCount
    }
}

/// What an ``EventMerge`` has to know of an event; the event itself may be kept elsewhere, or be a line by now.
package struct EventMark: Sendable {
    enum Kind {
        /// The first event of a connection.
        case connection
        case other
        /// An upgrade with a key.
        indirect case upgrade(ProxyLegs.Leg)
        /// The end of a session that is compared with others: how it ended, and what it is compared by.
        indirect case end(SessionEnd.Verdict, EndingPatterns.Sample)
    }

    /// The event's packet.
    package let packet: UInt64
    /// The number that its part gave its connection.
    let connection: UInt64
    let kind: Kind

    /// Marks an event of a part.
    package init(_ event: borrowing Event, at context: borrowing EventContext) {
        packet = context.packet
        connection = context.connection
        kind =
            switch event {
            case .connection(let start): start.isFirstOfConnection ? .connection : .other
            case .handshake(let handshake): handshake.leg.map { .upgrade($0) } ?? .other
            case .end(let end): end.sample.map { .end(end.verdict, $0) } ?? .other
            default: .other
            }
    }
}
