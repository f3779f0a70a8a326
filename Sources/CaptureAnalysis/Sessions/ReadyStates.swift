/// The readyStates of one end's WebSocket.
struct ReadyStates {
    private(set) var changes: [SessionEnd.ReadyStateChange]
    /// The current state.
    private(set) var current = ReadyState.connecting

    /// Starts as "connecting".
    ///
    /// - Parameter elapsed: Nanoseconds since the capture's first packet.
    init(connectingAt elapsed: Int64) {
        changes = []
        // There are four states.
        changes.reserveCapacity(4)
        changes.append(SessionEnd.ReadyStateChange(state: .connecting, elapsed: elapsed))
    }

    /// Advances to a later state.
    ///
    /// If the state was already reached, the earlier time counts; if it was passed, nothing changes. States before it
    /// were reached by its time, whenever they were found.
    mutating func advance(to state: ReadyState, at elapsed: Int64) {
        guard ReadyStates.rank(state) >= ReadyStates.rank(current) else { return }
        if state != current {
            current = state
            changes.append(SessionEnd.ReadyStateChange(state: state, elapsed: elapsed))
        }
        for index in changes.indices { changes[index].elapsed = min(changes[index].elapsed, elapsed) }
    }

    /// Returns from "closed", since the RST that seemed to close the connection did not.
    mutating func reopen() {
        guard current == .closed, changes.count > 1 else { return }
        changes.removeLast()
        current = changes[changes.count - 1].state
    }

    private static func rank(_ state: ReadyState) -> Int {
        switch state {
        case .connecting: 0
        case .open: 1
        case .closing: 2
        case .closed: 3
        }
    }
}
