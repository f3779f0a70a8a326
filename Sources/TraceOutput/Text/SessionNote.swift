package import CaptureAnalysis

/// The comment on a session in a capture file: its name, its URL and why it ended.
package struct SessionNote {
    private var upgrade: SessionRow.Upgrade

    /// Creates the note of a new session.
    package init(_ start: borrowing ConnectionStart) {
        upgrade = SessionRow.Upgrade(start)
    }

    /// Adds an upgrade.
    package mutating func record(_ handshake: borrowing Handshake) {
        upgrade = SessionRow.Upgrade(handshake)
    }

    /// The note of a session that has ended, without characters that control a terminal.
    package func text(_ end: borrowing SessionEnd) -> String {
        var words = ["session \(end.identity.sessionID)"]
        if let url = end.identity.url { words.append(SessionRow.kept(url)) }
        words.append(VerdictMessage.text(end.verdict, upgrade: upgrade))
        return TerminalText.safe(words.joined(separator: "; "))
    }
}
