import CaptureAnalysis

/// The table of sessions.
extension SummaryFormat {
    mutating func writeSessions() {
        guard counts.sessions.count > 0 else { return }
        let most = options.height.map { max($0, Self.fewestSessions) } ?? Self.shownSessions
        var rows = firstRows(most)
        let columns = SessionColumns(rows)
        if options.height != nil { rows = fitting(rows, columns) }
        if isTable(columns) {
            heading("")
            write(columns.headings, columns)
            output.append("\n")
        } else {
            heading("sessions\n")
        }
        for row in rows.sorted(by: { $0.session < $1.session }) { write(row, columns) }
        let others = counts.sessions.count - UInt64(rows.count)
        guard others > 0 else { return }
        output.append(
            wrapping:
                "\(Quantity.grouped(others)) more \(others == 1 ? "session" : "sessions") not shown (troubled ones "
                + "first); --format jsonl --events end lists all", from: 0, indent: 2, width: width)
        output.append("\n")
    }

    /// At most this many sessions: troubled ones first, and in order of appearance among equals.
    private func firstRows(_ most: Int) -> [SessionRow] {
        let rows = counts.sessions.rows
        guard rows.count > most || options.height != nil else { return rows }
        var chosen: [SessionRow] = []
        for concern in [VerdictMessage.Concern.trouble, .unfinished, .none] {
            chosen += rows.lazy.filter { $0.concern == concern }.prefix(most - chosen.count)
        }
        return chosen
    }

    /// The first rows, as many as fit on the terminal along with the rest of the page.
    private mutating func fitting(_ rows: [SessionRow], _ columns: SessionColumns) -> [SessionRow] {
        // What is written here to count its lines is removed again.
        let start = output.count
        writeFindings()
        let used = output.lineCount
        let heights = rows.map { row in
            output.truncate(to: start)
            let before = output.lineCount
            write(row, columns)
            return output.lineCount - before
        }
        output.truncate(to: start)
        // A blank line, the headings, and the prompt of the shell.
        let room = (options.height ?? .max) - used - 3
        if UInt64(rows.count) == counts.sessions.count, heights.reduce(0, +) <= room { return rows }
        var (count, lines) = (0, Self.linesOfRest)
        while count < rows.count, count < Self.fewestSessions || lines + heights[count] <= room {
            lines += heights[count]
            count += 1
        }
        return Array(rows.prefix(count))
    }

    private func isTable(_ columns: SessionColumns) -> Bool { columns.width <= width }

    private mutating func write(_ row: SessionRow, _ columns: SessionColumns) {
        guard let ending = row.ending else { return }
        if isTable(columns) { write(row, ending, columns) } else { write(row, ending) }
    }

    /// Writes a row of numbers, the ends and the URL (next to the numbers if there is room), and the verdict.
    private mutating func write(_ row: SessionRow, _ ending: SessionRow.Ending, _ columns: SessionColumns) {
        write(SessionColumns.cells(of: row, ending), columns)
        let left = width - columns.width - 2
        if left >= Self.roomBeside {
            output.append("  ")
            writeWho(row, indent: columns.width + 2)
        } else {
            output.append("\n")
            output.append(repeating: UInt8(ascii: " "), count: columns.indent)
            writeWho(row, indent: columns.indent)
        }
        writeVerdict(row, ending, indent: columns.indent)
    }

    /// Writes the same in sentences, if a row is wider than a line.
    private mutating func write(_ row: SessionRow, _ ending: SessionRow.Ending) {
        var text = "#\(row.session) \(Quantity.seconds(ending.duration))"
        if let roundTrip = ending.medianRoundTrip { text += ", ping \(Quantity.duration(roundTrip))" }
        text +=
            ", → \(Quantity.count(ending.framesFromClient, "frame")) of \(Quantity.bytes(ending.bytesFromClient))"
            + ", ← \(Quantity.count(ending.framesFromServer, "frame")) of \(Quantity.bytes(ending.bytesFromServer))"
        output.append(wrapping: text, from: 0, indent: 2, width: width)
        output.append("\n  ")
        writeWho(row, indent: 2)
        writeVerdict(row, ending, indent: 2)
    }

    /// Writes both ends and the URL, on one line if they fit; otherwise on a line each, shortened in the middle.
    private mutating func writeWho(_ row: SessionRow, indent: Int) {
        let room = width - indent
        let peers = TerminalText.columns(of: row.peers)
        if peers <= room {
            output.append(untrusted: row.peers)
        } else {
            output.append(untrusted: TerminalText.cut("\(row.client)", toWidth: room))
            newLine(indent)
            output.append(untrusted: TerminalText.cut("→ \(row.server)", toWidth: room))
        }
        guard !row.url.isEmpty else { return }
        let rest = room - peers - 2
        if TerminalText.columns(of: row.url) <= rest {
            output.append("  ")
            output.append(untrusted: row.url)
        } else if rest >= Self.usefulURL {
            output.append("  ")
            output.append(untrusted: TerminalText.cut(row.url, toWidth: rest))
        } else {
            newLine(indent)
            output.append(untrusted: TerminalText.cut(row.url, toWidth: room))
        }
    }

    private mutating func writeVerdict(_ row: SessionRow, _ ending: SessionRow.Ending, indent: Int) {
        newLine(indent)
        let verdict = VerdictMessage.text(ending.verdict, upgrade: row.upgrade)
        output.append(wrapping: verdict, from: indent, indent: indent, width: width)
        output.append("\n")
        guard let session = sessionsOfLegs[row.session.connection] else { return }
        let others = session.connections.filter { $0 != row.session.connection }.map { "#\($0)" }
        let way = session.isTranslated ? "with translated addresses (NAT)" : "through a proxy"
        output.append(repeating: UInt8(ascii: " "), count: indent)
        let text = "the same \(way): \(others.joined(separator: ", "))"
        output.append(wrapping: text, from: indent, indent: indent, width: width)
        output.append("\n")
    }

    private mutating func write(_ cells: [String], _ columns: SessionColumns) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { output.append("  ") }
            output.append(
                repeating: UInt8(ascii: " "), count: columns.widths[index] - cell.unicodeScalars.count)
            output.append(verbatim: cell)
        }
    }

    private mutating func newLine(_ indent: Int) {
        output.append("\n")
        output.append(repeating: UInt8(ascii: " "), count: indent)
    }
}

/// The columns of the table of sessions, each as wide as its widest cell.
struct SessionColumns {
    let headings = ["#", "duration", "frames →", "←", "payload →", "←", "ping p50"]
    /// The width of each.
    private(set) var widths: [Int]

    /// Creates columns for these sessions.
    init(_ rows: [SessionRow]) {
        widths = headings.map(\.unicodeScalars.count)
        for row in rows {
            guard let ending = row.ending else { continue }
            for (index, cell) in Self.cells(of: row, ending).enumerated() {
                widths[index] = max(widths[index], cell.utf8.count)
            }
        }
        // Lines below a row are indented beyond its number.
        widths[0] = max(widths[0], 4)
    }

    /// The width of a row, with two columns between cells.
    var width: Int { widths.reduce(0, +) + 2 * (widths.count - 1) }

    /// Where the second cell begins.
    var indent: Int { widths[0] + 2 }

    /// The numbers of a session.
    static func cells(of row: SessionRow, _ ending: SessionRow.Ending) -> [String] {
        [
            row.session.description, Quantity.seconds(ending.duration), "\(ending.framesFromClient)",
            "\(ending.framesFromServer)", Quantity.bytes(ending.bytesFromClient),
            Quantity.bytes(ending.bytesFromServer), ending.medianRoundTrip.map(Quantity.duration) ?? "-",
        ]
    }
}
