import TraceOutput

/// Writes a line to standard error, prefixed with the program's name.
///
/// - Parameter text: The message, safe to print on a terminal.
func complain(_ text: String) {
    writeWhole("wstap: \(text)\n", to: STDERR_FILENO)
}

/// Like ``complain(_:)``, but does nothing if standard error would block: for loops that must not wait.
func complainIfPossible(_ text: String) {
    if isErrorWritable { complain(text) }
}

/// Whether a line can be written to standard error without blocking.
var isErrorWritable: Bool {
    var request = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    return poll(&request, 1, 0) == 1 && request.revents & Int16(POLLOUT) != 0
}

/// The name of an output in messages.
func nameOfOutput(_ path: String) -> String { path == "-" ? "standard output" : path }

extension FilterOmissions {
    /// Reports what filters left out without being asked to, and what they were asked for but did not find.
    func complain(isQuiet: Bool) {
        if unsearchedPayloads > 0 {
            wstap.complain("--grep: \(unsearchedPayloads) payloads were too hard to search and are left out")
        }
        if undecidedEvents > 0 {
            wstap.complain(
                "\(undecidedEvents) events are left out: they came before it was clear whether to show their connection"
            )
        }
        if !isQuiet, shownEvents == 0, connectionCount > 0, absentConnections.isEmpty {
            wstap.complain(
                "the filters match nothing in \(connectionCount) \(connectionCount == 1 ? "session" : "sessions")")
        }
        guard !isQuiet, !absentConnections.isEmpty else { return }
        let numbers = absentConnections.map(String.init).joined(separator: ", ")
        wstap.complain(
            "--connection: there is no connection \(numbers); "
                + (connectionCount == 0 ? "none has a number" : "the last is \(connectionCount)"))
    }
}
