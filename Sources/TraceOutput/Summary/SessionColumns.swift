/// The columns of numbers in the table of sessions, each as wide as its widest cell.
struct SessionColumns {
    let headings = ["#", "duration", "frames →", "←", "payload →", "←", "ping p50"]
    /// The width of each.
    private(set) var widths: [Int]

    /// Makes columns for some sessions.
    init(_ rows: [SessionRow]) {
        widths = headings.map(\.unicodeScalars.count)
        for row in rows {
            guard let ending = row.ending else { continue }
            for (index, cell) in Self.cells(of: row, ending).enumerated() {
                widths[index] = max(widths[index], cell.utf8.count)
            }
        }
        // What stands below a row is indented by more than its number.
        widths[0] = max(widths[0], 4)
    }

    /// The width of a row, two columns between its cells.
    var width: Int { widths.reduce(0, +) + 2 * (widths.count - 1) }

    /// Where the second cell begins.
    var indent: Int { widths[0] + 2 }

    /// The numbers of a session.
    static func cells(of row: SessionRow, _ ending: SessionRow.Ending) -> [String] {
        [
            "\(row.connection)", Quantity.seconds(ending.duration), "\(ending.framesFromClient)",
            "\(ending.framesFromServer)", Quantity.bytes(ending.bytesFromClient),
            Quantity.bytes(ending.bytesFromServer), ending.medianRoundTrip.map(Quantity.duration) ?? "-",
        ]
    }
}
