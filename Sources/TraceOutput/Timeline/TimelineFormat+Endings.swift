import CaptureAnalysis
import WebSocketProtocol

/// The lines at the end of a session, and at the end of the capture.
extension TimelineFormat {
    mutating func write(_ end: borrowing SessionEnd, at context: borrowing EventContext) {
        let row = sessions.end(end, session: context.session)
        beginLine(context, "END ", .heading, from: nil)
        output.append(untrusted: VerdictMessage.text(end.verdict, upgrade: row?.upgrade ?? .unseen))
        let elapsed = context.elapsed(of: end.origin)
        if elapsed < context.elapsed {
            output.append(", at ")
            output.append(verbatim: Quantity.seconds(elapsed))
        }
        endLine()
        guard let compression = end.compression else { return }
        beginLine(context, "END ", .heading, from: nil)
        output.append("compression: → ")
        output.append(verbatim: CompressionMessage.text(compression.client))
        output.append("; ← ")
        output.append(verbatim: CompressionMessage.text(compression.server))
        endLine()
    }

    /// A TLS connection that was not decrypted (`-v`).
    mutating func write(_ connection: borrowing EncryptedConnection, at context: borrowing EventContext) {
        beginLine(context, "TLS ", .faint, from: nil)
        output.append(untrusted: EncryptedMessages.text(copy connection))
        endLine()
    }

    /// Endings that repeat, after the list of sessions.
    mutating func writePatterns(
        _ patterns: [EndingPattern], of noun: String = "session", proxied: [ProxiedSession] = []
    ) {
        let proxies = ProxyMessages.lines(proxied)
        guard !patterns.isEmpty || !proxies.isEmpty else { return }
        append("patterns:", .heading)
        endLine()
        for line in proxies.prefix(CaptureCounts.maximumPatterns) {
            output.append("  ")
            output.append(verbatim: line)
            endLine()
        }
        for pattern in patterns.prefix(CaptureCounts.maximumPatterns) {
            output.append("  ")
            output.append(verbatim: "\(PatternMessage.ending(pattern, of: noun)), \(PatternMessage.cause(pattern))")
            endLine()
        }
        if patterns.count > CaptureCounts.maximumPatterns {
            output.append("  … and ")
            output.append(decimal: Int64(patterns.count - CaptureCounts.maximumPatterns))
            output.append(" more\n")
        }
    }

    /// The list of sessions, if there were several.
    mutating func writeSessions() {
        guard sessions.count > 1 else { return }
        append("sessions:", .heading)
        endLine()
        let width = options.width ?? .max
        for row in sessions.rows {
            output.append("  #")
            output.append(verbatim: row.session.description)
            output.append(" ")
            output.append(verbatim: row.peers)
            if !row.url.isEmpty {
                output.append("  ")
                output.append(untrusted: shortened(row.url, columns: max(width / 3, Self.usefulURL)))
            }
            guard let ending = row.ending else { continue }
            output.append("  ")
            output.append(untrusted: VerdictMessage.text(ending.verdict, upgrade: row.upgrade))
            output.append("  (→ ")
            output.append(verbatim: Quantity.count(ending.framesFromClient, "frame"))
            output.append(", ← ")
            output.append(decimal: ending.framesFromServer)
            output.append(")\n")
        }
        if sessions.omitted > 0 {
            output.append("  … and ")
            output.append(decimal: sessions.omitted)
            output.append(" more\n")
        }
    }
}
