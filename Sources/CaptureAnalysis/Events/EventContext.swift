public import TCPReassembly
public import WebSocketProtocol
public import WireFormat

/// Where and when an event happened.
public struct EventContext: Sendable {
    /// The 1-based number of the packet that completed it.
    ///
    /// 0 before the first packet. For what a capture's end completes, the last packet.
    public var packet: UInt64
    /// The packet's time.
    public var time: Timestamp
    /// Nanoseconds since the capture's first packet; negative where time runs backwards.
    public var elapsed: Int64
    /// The 1-based number of the connection, by first WebSocket evidence; 0 for the first and the last event.
    public var connection: UInt64
    /// The connection and its session as the packet left them, where ``EventDemand/includesStates`` asks for it.
    public var view: ConnectionView
}

/// What the ends of a connection look like at one packet (shown by `-v`).
public struct ConnectionView: Sendable {
    /// Who sent the packet; nil where the roles are not known, or no packet is behind the event.
    public var sender: Role?
    /// The sequence number of the packet's segment.
    public var sequence: UInt32
    /// Its acknowledgment number; nil when it carries none.
    public var acknowledgment: UInt32?
    /// The client's TCP state after it.
    public var clientState: TCPState
    /// The server's TCP state after it.
    public var serverState: TCPState
    /// The readyState of the client's WebSocket after it.
    public var clientReadyState: ReadyState
    /// The readyState of the server's WebSocket after it.
    public var serverReadyState: ReadyState
}
