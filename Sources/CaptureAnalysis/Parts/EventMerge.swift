/// Merges the events of several parts of an analysis in the order, and with the numbers, of a single analysis.
///
/// The events of a packet all come from one part, so the packet numbers give the order. The owner of the parts' events
/// passes on those of ``turn``, then reports with ``advance(_:to:hasEvent:)`` how far that part has come, and so on.
package struct EventMerge: ~Copyable {
    /// The part whose events are next.
    package struct Turn {
        /// The part, from 0.
        package let part: Int
        /// The last packet up to which no other part has any events.
        package let lastPacket: UInt64
    }

    private struct Part: ~Copyable {
        /// The packet of its next event, or the first packet that may have one.
        var nextPacket: UInt64 = 1
        /// Whether that event is known.
        var hasEvent = false
        /// The connections' numbers, by the numbers that the part gave them.
        var numbers: [UInt64] = []
    }

    private var parts: PerPart<Part>
    private let count: Int
    /// The number of connections numbered so far.
    private(set) var connectionCount: UInt64 = 0
    /// The comparison of the sessions so far.
    private(set) var comparison = SessionComparison()

    /// Creates a merge of this many parts.
    package init(parts count: Int) {
        self.count = count
        parts = PerPart { _ in Part() }
    }

    /// The part whose events are next, or of which more must be known before going on; nil once all were passed on.
    package var turn: Turn? {
        // If two have the same next packet, the one without an event has no event of that packet.
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

    /// Reports how far a part has come.
    ///
    /// - Parameters:
    ///   - part: The part.
    ///   - packet: The packet of its next event; if that is unknown, the first packet that may have one.
    ///   - hasEvent: Whether it is known.
    package mutating func advance(_ part: Int, to packet: UInt64, hasEvent: Bool) {
        parts[part].nextPacket = packet
        parts[part].hasEvent = hasEvent
    }

    /// Reports that a part has no more events.
    package mutating func complete(_ part: Int) {
        advance(part, to: .max, hasEvent: false)
    }

    /// Records an event that is passed on.
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

    /// The number of a connection, given the number that its part gave it.
    func number(of connection: UInt64, in part: Int) -> UInt64 {
        connection < parts[part].numbers.count ? parts[part].numbers[Int(connection)] : 0
    }

    /// Gives the next number to a connection that has this number in its part.
    private mutating func number(_ connection: UInt64, of part: Int) {
        connectionCount &+= 1
        let place = Int(connection)
        while parts[part].numbers.count <= place { parts[part].numbers.append(0) }
        parts[part].numbers[place] = connectionCount
    }
}

/// What an ``EventMerge`` needs to know of an event, which may be kept elsewhere, or already be a line of output.
package struct EventMark: Sendable {
    enum Kind {
        /// The first event of a connection.
        case connection
        case other
        /// An upgrade with a key.
        indirect case upgrade(ProxyLegs.Leg)
        /// The end of a session that is compared with others: its verdict and its sample.
        indirect case end(SessionEnd.Verdict, EndingPatterns.Sample)
    }

    /// The packet with which the event is reported.
    package let packet: UInt64
    /// The connection's number within its part.
    let connection: UInt64
    let kind: Kind

    /// Marks an event of a part.
    package init(_ event: borrowing Event, at context: borrowing EventContext) {
        packet = context.turn
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
