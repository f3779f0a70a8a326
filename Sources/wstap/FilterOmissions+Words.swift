import TraceOutput

extension FilterOmissions {
    /// Says what filters left out that nobody asked them to, and what they were asked for that is not there.
    func complain(isQuiet: Bool) {
        if unsearchedPayloads > 0 {
            wstap.complain("--grep: \(unsearchedPayloads) payloads were too hard to search and are left out")
        }
        if undecidedEvents > 0 {
            wstap.complain(
                "\(undecidedEvents) events are left out that came before it was known whether to show their connection")
        }
        guard !isQuiet, !absentConnections.isEmpty else { return }
        let numbers = absentConnections.map(String.init).joined(separator: ", ")
        wstap.complain(
            "--connection: there is no connection \(numbers); "
                + (connectionCount == 0 ? "none has a number" : "the last is \(connectionCount)"))
    }
}
