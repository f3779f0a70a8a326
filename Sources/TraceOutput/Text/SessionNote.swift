package import CaptureAnalysis

/// What a comment in a capture file says about a session: its name, its URL and why it ended.
package struct SessionNote {
    private var row: SessionRow
    private var identity: SessionIdentity
    private var verdict: SessionEnd.Verdict?

    /// Creates the note of a session that begins.
    package init(_ start: borrowing ConnectionStart, session: SessionID) {
        row = SessionRow(session: session, start: start)
        identity = start.identity
    }

    /// Adds an upgrade.
    package mutating func record(_ handshake: borrowing Handshake) {
        row.record(handshake)
        identity = handshake.identity
    }

    /// Adds the end.
    package mutating func record(_ end: borrowing SessionEnd) {
        row.record(end)
        identity = end.identity
        verdict = end.verdict
    }

    /// The note, without characters that control a terminal.
    package var text: String {
        var words = ["session \(identity.sessionID)"]
        if let url = identity.url { words.append(SessionRow.kept(url)) }
        words.append(verdict.map { VerdictMessage.text($0, upgrade: row.upgrade) } ?? "open")
        return TerminalText.safe(words.joined(separator: "; "))
    }
}
