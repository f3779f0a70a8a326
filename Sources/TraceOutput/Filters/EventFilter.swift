import CaptureAnalysis
package import WebSocketProtocol

/// Which events to show; the others still count.
///
/// Each condition that is nil or empty is ignored.
///
/// - ``connections``, ``host`` and ``path`` select connections: all events of one, or none.
/// - ``from`` selects by sender; events without a sender are shown.
/// - ``opcodes`` and ``grep`` select frames and messages, and drop gaps, resyncs, deliveries, findings and segments. A
///   connection's `connection`, `handshake` and `end` are shown if one of its frames or messages is.
/// - ``events`` applies last, to every kind. Without it, the first and the last event are always shown.
package struct EventFilter: Sendable {
    /// Numbers of connections.
    package var connections: Set<UInt64> = []
    /// Matches the host of a handshake, with or without its port, ignoring case.
    package var host: Glob?
    /// Matches the request target of a handshake, with or without its query.
    package var path: Glob?
    /// The sender.
    package var from: Role?
    /// Opcodes of frames; a message has that of its first frame.
    package var opcodes: OpcodeSet?
    /// A PCRE2 pattern for the payloads of messages and control frames; data frames are dropped.
    package var grep: String?
    /// Kinds of events.
    package var events: Set<EventKind>?

    /// Creates a filter that shows everything.
    package init() {}

    /// Whether it drops nothing.
    package var isEmpty: Bool {
        connections.isEmpty && !choosesSessions && !choosesPayloads && from == nil && events == nil
    }

    /// Whether a handshake decides which connections are shown.
    package var choosesSessions: Bool { host != nil || path != nil }

    /// Whether only frames and messages are shown.
    var choosesPayloads: Bool { opcodes != nil || grep != nil }

    /// Whether an upgrade request to this host and target passes.
    package func matches(host name: String, target: String) -> Bool {
        if let host, !host.matches(name), !host.matches(Self.withoutPort(name)) { return false }
        guard let path else { return true }
        let target = Self.originForm(target)
        return path.matches(target) || path.matches(String(target.prefix { $0 != "?" }))
    }

    /// "[::1]:80" or "host:80" without its port.
    private static func withoutPort(_ host: String) -> String {
        guard let colon = host.utf8.lastIndex(of: UInt8(ascii: ":")),
            host.utf8[colon...].dropFirst().allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            !host.utf8[..<colon].contains(UInt8(ascii: ":")) || host.utf8[..<colon].last == UInt8(ascii: "]")
        else { return host }
        return String(host[..<colon])
    }

    /// The path and query of a request target, which may be in absolute form (RFC 9112 3.2.2).
    private static func originForm(_ target: String) -> String {
        guard !target.utf8.starts(with: "/".utf8) else { return target }
        let bytes = Array(target.utf8)
        for index in bytes.indices.dropFirst(2)
        where bytes[index] == UInt8(ascii: "/") && bytes[index - 1] == UInt8(ascii: "/")
            && bytes[index - 2] == UInt8(ascii: ":")
        {
            let rest = bytes[(index + 1)...]
            guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return "/" }
            return String(decoding: rest[slash...], as: UTF8.self)
        }
        return target
    }
}

/// What a filter dropped without being asked to, and what it was asked for but never saw.
package struct FilterOmissions: Hashable, Sendable {
    /// Payloads that could not be searched within the match limits; they count as not matching.
    package var unsearchedPayloads: UInt64 = 0
    /// Events dropped because too many came before it was known whether to show their connection.
    package var undecidedEvents: UInt64 = 0
    /// The number of connections, which are numbered from 1.
    package var connectionCount: UInt64 = 0
    /// How many events were shown, not counting those of the capture as a whole; nil if there is no filter.
    package var shownEvents: UInt64?
    /// Requested numbers that no connection has, in order.
    package var absentConnections: [UInt64] = []

    /// Creates an empty record.
    package init() {}
}

/// The kinds of events, by their names in the trace.
package enum EventKind: String, Hashable, Sendable, CaseIterable {
    case capture, connection, handshake, alert, frame, message, gap, resync, delivery, finding, end, summary

    /// A word that is not a kind of event.
    package struct UnknownEvent: Error, Hashable, Sendable {
        /// The word.
        package let word: String
    }

    /// Parses a list such as "message,end".
    package static func set(list: String) throws(UnknownEvent) -> Set<EventKind> {
        var kinds: Set<EventKind> = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = EventKind(rawValue: String(word)) else { throw UnknownEvent(word: String(word)) }
            kinds.insert(kind)
        }
        return kinds
    }

    /// The kind of an event.
    ///
    /// Events that traces lack count as another kind: a TCP segment, and a TLS connection that was not decrypted, as a
    /// `connection`; an exchange as a `handshake`.
    init(_ event: borrowing Event) {
        self =
            switch event {
            case .capture: .capture
            case .connection, .segment, .encrypted: .connection
            case .handshake, .exchange: .handshake
            case .frame: .frame
            case .message: .message
            case .gap: .gap
            case .resync: .resync
            case .delivery: .delivery
            case .alert: .alert
            case .finding: .finding
            case .end: .end
            case .summary: .summary
            }
    }
}

/// A set of the sixteen opcodes (RFC 6455 5.2).
package struct OpcodeSet: Hashable, Sendable {
    /// A word that is not an opcode.
    package struct UnknownOpcode: Error, Hashable, Sendable {
        /// The word.
        package let word: String
    }

    private var bits: UInt16 = 0

    /// Creates a set of opcodes.
    package init(_ opcodes: [Opcode]) {
        for opcode in opcodes { bits |= 1 << UInt16(opcode.rawValue) }
    }

    /// Parses a list such as "text,ping,0xb": names as in the trace, ignoring case, or numbers from 0 to 15.
    package init(list: String) throws(UnknownOpcode) {
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let opcode = Self.opcode(word.lowercased()) else { throw UnknownOpcode(word: String(word)) }
            bits |= 1 << UInt16(opcode.rawValue)
        }
    }

    /// Whether the opcode is in the set.
    func contains(_ opcode: Opcode) -> Bool {
        bits >> UInt16(opcode.rawValue) & 1 == 1
    }

    private static func opcode(_ word: String) -> Opcode? {
        let value = word.hasPrefix("0x") ? UInt8(word.dropFirst(2), radix: 16) : UInt8(word)
        if let value { return value < 16 ? Opcode(rawValue: value) : nil }
        return (0..<16).lazy.map { Opcode(rawValue: $0) }.first { $0.name == word }
    }
}
