public import TCPReassembly
public import WebSocketProtocol
public import WireFormat

/// The packet, time and session of an event.
public struct EventContext: Sendable {
    /// The 1-based number of the packet that completed the event.
    ///
    /// It is 0 before the first packet. For events that the capture's end completes, the last packet. What is reported
    /// once nothing more is to come from a connection that was reset or replaced was completed by the last of its own
    /// packets.
    public var packet: UInt64
    /// The packet's time.
    public var time: Timestamp
    /// Nanoseconds since the capture's first packet; negative if time runs backwards.
    public var elapsed: Int64
    /// The session; ``SessionID/none`` for the first and the last event.
    public var session: SessionID
    /// The connection and its session after the packet, if ``EventDemand/includesStates`` asks for it.
    public var view: ConnectionView
    /// The number of the packet with which the event is reported: events are in the order of these.
    package var turn: UInt64 = 0
}

extension EventContext {
    /// The number of the session's connection (``SessionID/connection``).
    @inlinable
    public var connection: UInt64 { session.connection }
}

/// The identity of a session: its connection, and its stream if the connection carries several.
public struct SessionID: Hashable, Sendable {
    /// The 1-based number of the connection, by first WebSocket evidence; 0 for no session.
    public var connection: UInt64
    /// The stream's number plus 1; 0 if there is none.
    ///
    /// This keeps an identity to two words.
    @usableFromInline
    var place: UInt64

    /// The stream's number within the connection; nil if the connection carries a single session.
    @inlinable
    public var stream: UInt64? { place == 0 ? nil : place &- 1 }

    /// Hashes both numbers as one word, at half the cost.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(word)
    }

    /// The hash of the identity for a hasher seeded with `seed`.
    ///
    /// Dictionaries call this first: one word is hashed without a separate `Hasher`.
    public func _rawHashValue(seed: Int) -> Int {
        word._rawHashValue(seed: seed)
    }

    private var word: UInt64 { connection &+ place &* 0x9e37_79b9_7f4a_7c15 }

    /// No session: an event of the capture.
    public static let none = SessionID(connection: 0)

    /// Creates an identity.
    public init(connection: UInt64, stream: UInt64? = nil) {
        self.connection = connection
        place = stream.map { $0 &+ 1 } ?? 0
    }
}

extension SessionID: CustomStringConvertible {
    /// The number as in the trace and for people: "3", or "3.5" for stream 5 of connection 3.
    public var description: String {
        if let stream { "\(connection).\(stream)" } else { "\(connection)" }
    }
}

/// The ends of a connection at a packet (shown by `-v`).
public struct ConnectionView: Sendable {
    /// Who sent the packet; nil if the roles are unknown, or no packet caused the event.
    public var sender: Role?
    /// The sequence number of the packet's segment.
    public var sequence: UInt32
    /// Its acknowledgment number; nil if it has none.
    public var acknowledgment: UInt32?
    /// The client's TCP state after the packet.
    public var clientState: TCPState
    /// The server's TCP state after the packet.
    public var serverState: TCPState
    /// The readyState of the client's WebSocket after the packet.
    public var clientReadyState: ReadyState
    /// The readyState of the server's WebSocket after the packet.
    public var serverReadyState: ReadyState
}

extension ConnectionView {
    /// The view of an event that concerns no connection.
    static let unknown = ConnectionView(
        sender: nil, sequence: 0, acknowledgment: nil, clientState: .unknown, serverState: .unknown,
        clientReadyState: .connecting, serverReadyState: .connecting)
}
