/// The state of one end of a connection (RFC 9293 3.3.2), as far as the packets tell.
public enum TCPState: UInt8, Hashable, Sendable {
    /// Nothing is known: the connection began before the capture and has not shown its state.
    case unknown
    /// Waits for a SYN.
    case listen
    /// Has sent a SYN.
    case synSent
    /// Has received a SYN and sent one.
    case synReceived
    /// Open for data.
    case established
    /// Has sent a FIN that is not acknowledged.
    case finWait1
    /// Has sent a FIN that is acknowledged; the other end may still send.
    case finWait2
    /// Has received a FIN and may still send.
    case closeWait
    /// Both have sent a FIN; its own is not acknowledged.
    case closing
    /// Has received a FIN and sent its own, which is not acknowledged.
    case lastAck
    /// Both FINs are acknowledged; waits for strays.
    case timeWait
    /// Over.
    case closed

    /// The RFC's name, such as "FIN-WAIT-1".
    public var name: String {
        switch self {
        case .unknown: "?"
        case .listen: "LISTEN"
        case .synSent: "SYN-SENT"
        case .synReceived: "SYN-RECEIVED"
        case .established: "ESTABLISHED"
        case .finWait1: "FIN-WAIT-1"
        case .finWait2: "FIN-WAIT-2"
        case .closeWait: "CLOSE-WAIT"
        case .closing: "CLOSING"
        case .lastAck: "LAST-ACK"
        case .timeWait: "TIME-WAIT"
        case .closed: "CLOSED"
        }
    }
}
