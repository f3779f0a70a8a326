import WebSocketProtocol

/// The readyStates of both ends of a session (WHATWG WebSockets 3.1).
struct SessionReadyStates {
    /// The client's.
    private(set) var client: ReadyStates
    /// The server's.
    private(set) var server: ReadyStates

    /// Starts with an accepted upgrade; times are nanoseconds since the capture's first packet.
    ///
    /// - Parameters:
    ///   - connecting: When the upgrade was requested.
    ///   - opened: When it was accepted.
    init(connectingAt connecting: Int64, openAt opened: Int64) {
        client = ReadyStates(connectingAt: connecting)
        server = ReadyStates(connectingAt: connecting)
        advance(to: .open, at: opened)
    }

    /// Advances both ends to a later state.
    mutating func advance(to state: ReadyState, at elapsed: Int64) {
        client.advance(to: state, at: elapsed)
        server.advance(to: state, at: elapsed)
    }

    /// Advances to the states that FINs and RSTs leave (WHATWG WebSockets 4).
    ///
    /// An end is closed by a RST, or by the other end's FIN once it has nothing left to send: it has sent its own FIN,
    /// or both Close frames were sent.
    ///
    /// - Parameters:
    ///   - fins: The ends that have sent their FIN and whose streams are complete, by ``Role/index``.
    ///   - isReset: Whether a RST has come.
    ///   - isShut: Whether both Close frames were sent.
    ///   - elapsed: Nanoseconds since the capture's first packet.
    mutating func advance(after fins: InlineArray<2, Bool>, isReset: Bool, isShut: Bool, at elapsed: Int64) {
        if isReset || fins[Role.server.index] && (fins[Role.client.index] || isShut) {
            client.advance(to: .closed, at: elapsed)
        }
        if isReset || fins[Role.client.index] && (fins[Role.server.index] || isShut) {
            server.advance(to: .closed, at: elapsed)
        }
    }

    /// Returns both ends from "closed", since the RST that seemed to close them did not.
    ///
    /// - Returns: Whether both were closed.
    mutating func reopen() -> Bool {
        guard client.current == .closed, server.current == .closed else { return false }
        client.reopen()
        server.reopen()
        return true
    }

    /// Puts the current states into a view.
    @inline(__always)
    func show(in view: inout ConnectionView) {
        view.clientReadyState = client.current
        view.serverReadyState = server.current
    }
}
