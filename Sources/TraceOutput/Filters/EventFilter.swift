import CaptureAnalysis
public import WebSocketProtocol

/// Which events to show; those that are left out are counted all the same.
///
/// What is nil or empty asks for nothing.
///
/// - ``connections``, ``host`` and ``path`` choose connections: all events of one, or none.
/// - ``from`` chooses among what a peer sent; events that are nobody's are shown.
/// - ``opcodes`` and ``grep`` choose frames and messages, and leave out gaps, resyncs, deliveries, findings and
///   segments. A
///   connection is shown (its `connection`, `handshake` and `end`) when one of its frames or messages is.
/// - ``events`` comes last and holds for every kind. Without it, the first and the last event are always shown.
public struct EventFilter: Sendable {
    /// The numbers of connections.
    public var connections: Set<UInt64> = []
    /// For the host of a handshake, with its port or without, in either case.
    public var host: Glob?
    /// For the request target of a handshake, with its query or without.
    public var path: Glob?
    /// Who sent it.
    public var from: Role?
    /// Opcodes of frames; of messages, that of their first frame.
    public var opcodes: OpcodeSet?
    /// A PCRE2 pattern for the payloads of messages and control frames; data frames are left out.
    public var grep: String?
    /// The kinds of events.
    public var events: Set<EventKind>?

    /// Makes a filter that shows everything.
    public init() {}

    /// Whether nothing is left out.
    public var isEmpty: Bool {
        connections.isEmpty && !choosesSessions && !choosesPayloads && from == nil && events == nil
    }

    /// Whether it takes a handshake to know if a connection is shown.
    var choosesSessions: Bool { host != nil || path != nil }

    /// Whether only frames and messages are shown.
    var choosesPayloads: Bool { opcodes != nil || grep != nil }

    /// Whether an upgrade request to this host, with this target, is asked for.
    func matches(host name: String, target: String) -> Bool {
        if let host, !host.matches(name), !host.matches(Self.withoutPort(name)) { return false }
        guard let path else { return true }
        let target = Self.originForm(target)
        return path.matches(target) || path.matches(String(target.prefix { $0 != "?" }))
    }

    /// "[::1]:80" and "host:80" without their ports.
    private static func withoutPort(_ host: String) -> String {
        guard let colon = host.utf8.lastIndex(of: UInt8(ascii: ":")),
            host.utf8[colon...].dropFirst().allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            !host.utf8[..<colon].contains(UInt8(ascii: ":")) || host.utf8[..<colon].last == UInt8(ascii: "]")
        else { return host }
        return String(host[..<colon])
    }

    /// The path and query of a request target, where it is in absolute form too (RFC 9112 3.2.2).
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

/// What a filter left out that nobody asked it to, and what it was asked for that is not there.
public struct FilterOmissions: Hashable, Sendable {
    /// Payloads that the pattern could not be searched for within its bounds; they count as not matching.
    public var unsearchedPayloads: UInt64 = 0
    /// Events left out since too many came before it was known whether to show their connection.
    public var undecidedEvents: UInt64 = 0
    /// Connections that have a number, which are 1 to this.
    public var connectionCount: UInt64 = 0
    /// The numbers asked for that no connection has, in order.
    public var absentConnections: [UInt64] = []

    /// Nothing.
    public init() {}
}

/// The kinds of events by their names in the trace.
public enum EventKind: String, Hashable, Sendable, CaseIterable {
    case capture, connection, handshake, frame, message, gap, resync, delivery, finding, end, summary

    /// A word that names no kind.
    public struct UnknownEvent: Error, Hashable, Sendable {
        /// The word.
        public let word: String
    }

    /// Reads a list such as "message,end".
    public static func set(list: String) throws(UnknownEvent) -> Set<EventKind> {
        var kinds: Set<EventKind> = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = EventKind(rawValue: String(word)) else { throw UnknownEvent(word: String(word)) }
            kinds.insert(kind)
        }
        return kinds
    }

    /// The kind of an event.
    ///
    /// A TCP segment, which no trace holds, belongs to its connection.
    init(_ event: borrowing Event) {
        self =
            switch event {
            case .capture: .capture
            case .connection, .segment: .connection
            case .handshake: .handshake
            case .frame: .frame
            case .message: .message
            case .gap: .gap
            case .resync: .resync
            case .delivery: .delivery
            case .finding: .finding
            case .end: .end
            case .summary: .summary
            }
    }
}

/// A set of the sixteen opcodes (RFC 6455 5.2).
public struct OpcodeSet: Hashable, Sendable {
    /// A word that names no opcode.
    public struct UnknownOpcode: Error, Hashable, Sendable {
        /// The word.
        public let word: String
    }

    private var bits: UInt16 = 0

    /// Makes a set of those opcodes.
    public init(_ opcodes: [Opcode]) {
        for opcode in opcodes { bits |= 1 << UInt16(opcode.rawValue) }
    }

    /// Reads a list such as "text,ping,0xb": names as in the trace, in either case, or numbers from 0 to 15.
    public init(list: String) throws(UnknownOpcode) {
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let opcode = Self.opcode(word.lowercased()) else { throw UnknownOpcode(word: String(word)) }
            bits |= 1 << UInt16(opcode.rawValue)
        }
    }

    /// Whether the opcode is in the set.
    public func contains(_ opcode: Opcode) -> Bool {
        bits >> UInt16(opcode.rawValue) & 1 == 1
    }

    private static func opcode(_ word: String) -> Opcode? {
        let value = word.hasPrefix("0x") ? UInt8(word.dropFirst(2), radix: 16) : UInt8(word)
        if let value { return value < 16 ? Opcode(rawValue: value) : nil }
        return (0..<16).lazy.map { Opcode(rawValue: $0) }.first { $0.name == word }
    }
}
