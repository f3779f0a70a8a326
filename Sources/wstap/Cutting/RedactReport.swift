import ArgumentParser
import CaptureCutting
import TraceOutput

/// What `wstap redact` reports: what was replaced, kept and left out.
struct RedactReport {
    /// What was left out of wanted connections.
    struct Omissions {
        var fragments: UInt64 = 0
        /// Packets with headers that lead nowhere.
        var packets: UInt64 = 0
    }

    var totals: RedactionTotals
    var selected: SelectedConnections
    /// How many packets were written.
    var packetCount: UInt64
    var omissions: Omissions
    /// Connections whose trace differs from the original's, besides those that are filled; nil if that is unknown,
    /// since the output cannot be read.
    var changedConnections: [UInt64]?
    /// The file that was written.
    var path: String
    var keepsKeys: Bool
    var replacesAddresses: Bool

    /// Prints it on standard error, or into a file.
    ///
    /// - Parameters:
    ///   - reportPath: The file; nil for standard error.
    ///   - isQuiet: Whether nothing is to be printed on standard error.
    /// - Throws: An exit status if the file cannot be written; a message says why.
    func write(to reportPath: String?, isQuiet: Bool) throws {
        guard let reportPath else {
            if !isQuiet { for line in lines { complain(TerminalText.safe(line)) } }
            return
        }
        let descriptor = openForWriting(reportPath, flags: O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
        let code = descriptor < 0 ? errno : writeWhole(lines.map { $0 + "\n" }.joined(), to: descriptor)
        if descriptor >= 0 { close(descriptor) }
        guard code == 0 else {
            complain(TerminalText.safe("\(reportPath): \(String(cString: strerror(code)))"))
            throw ExitCode(ExitStatus.nothingRead)
        }
    }

    private var lines: [String] { [written, replaced, kept] + compressed + leftOut + checked }

    private var written: String {
        let connections = selected.connections.values.count { !$0.isEncrypted }
        return "\(Quantity.count(packetCount, "packet")) of \(Quantity.count(UInt64(connections), "connection")) "
            + "written to \(nameOfOutput(path))"
    }

    private var replaced: String {
        "replaced: payloads of \(Quantity.count(totals.messages, "message")) and "
            + "\(Quantity.count(totals.controlPayloads, "control frame")), masking keys, "
            + "and in heads of HTTP everything that is not known to be harmless"
            + (replacesAddresses ? "; addresses and host names" : "")
    }

    private var kept: String {
        "kept: \(replacesAddresses ? "ports" : "addresses, ports, host names"), times and lengths"
            + (keepsKeys ? ", keys of JSON" : "")
    }

    /// What became of compressed messages, and of connections without room.
    private var compressed: [String] {
        var lines: [String] = []
        if totals.recompressed > 0 {
            lines.append(
                "compressed anew: \(Quantity.count(totals.recompressed, "message"))"
                    + (totals.reshaped > 0 ? ", \(totals.reshaped) of them without the shape of their text" : ""))
        }
        if totals.undecodable > 0 {
            lines.append(
                "not inflatable any more, or not before: \(Quantity.count(totals.undecodable, "compressed message"))")
        }
        if totals.filledConnections > 0 {
            lines.append(
                "filled from the first byte to the last: \(Quantity.count(totals.filledConnections, "connection")), "
                    + "as there was no room for more: see --memory")
        }
        return lines
    }

    /// Whether the trace of the copy is that of the original; nothing if no connection was written.
    private var checked: [String] {
        guard packetCount > 0 else { return [] }
        guard let changed = changedConnections else { return ["not checked: the output can be read only once"] }
        guard let first = [changed.first, totals.firstFilled].compactMap(\.self).min() else {
            return ["checked: the trace is that of the original, except for texts"]
        }
        let connections = Quantity.count(UInt64(changed.count) + totals.filledConnections, "connection")
        return [
            "checked: the trace of \(connections) differs: see docs/redact.md; "
                + "the first begins with packet \(first) of the input"
        ]
    }

    private var leftOut: [String] {
        var lines: [String] = []
        let http2 = UInt64(selected.connections.values.count { $0.isEncrypted && !$0.usesTLS })
        if selected.tlsConnectionCount &+ http2 > 0 {
            let encrypted = Quantity.count(selected.tlsConnectionCount, "encrypted connection")
            let others = http2 > 0 ? " and \(http2) with HTTP/2" : ""
            lines.append("\(encrypted)\(others), whose bytes cannot be replaced")
        }
        if omissions.fragments > 0 { lines.append(Quantity.count(omissions.fragments, "fragment") + " of datagrams") }
        if omissions.packets > 0 {
            lines.append(Quantity.count(omissions.packets, "packet") + " with unreadable headers")
        }
        lines.append("everything else that is not WebSocket, names of interfaces, comments and secrets")
        return lines.map { "left out: " + $0 }
    }
}
