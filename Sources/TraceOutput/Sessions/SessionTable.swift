import CaptureAnalysis

/// The sessions of a capture: all those that are open, and a bounded number of those that are over.
struct SessionTable {
    /// The most open sessions that are followed; connections beyond are counted alone.
    static let maximumOpen = 1 << 16

    /// The most ended sessions that are kept.
    let maximumRows: Int
    private var open: [UInt64: OpenSession] = [:]
    private var ended: [SessionRow] = []
    /// How many connections have appeared.
    private(set) var count: UInt64 = 0

    /// Makes an empty table.
    init(maximumRows: Int) {
        self.maximumRows = maximumRows
    }

    /// The session of a connection, as long as it is open.
    func session(_ connection: UInt64) -> SessionRow? { open[connection]?.row }

    /// The kept sessions by number.
    var rows: [SessionRow] {
        // Rows are large: it is cheaper to move their places.
        ended.indices.sorted { ended[$0].connection < ended[$1].connection }.map { ended[$0] }
    }

    /// How many sessions there were beside the kept ones.
    var omitted: UInt64 { count - UInt64(ended.count) }

    mutating func begin(_ start: borrowing ConnectionStart, connection: UInt64) {
        count += 1
        guard open.count < Self.maximumOpen else { return }
        open[connection] = OpenSession(SessionRow(connection: connection, start: start))
    }

    mutating func note(_ handshake: borrowing Handshake, connection: UInt64) {
        guard let session = open[connection] else { return }
        session.row.note(handshake)
    }

    /// Takes the session's end; returns its row, if it was followed.
    @discardableResult
    mutating func end(_ end: borrowing SessionEnd, connection: UInt64) -> SessionRow? {
        guard let session = open.removeValue(forKey: connection) else { return nil }
        session.row.note(end)
        if ended.count < maximumRows { ended.append(session.row) }
        return session.row
    }
}

/// The row of a session that is open: a dictionary moves what it holds.
private final class OpenSession {
    var row: SessionRow

    init(_ row: SessionRow) {
        self.row = row
    }
}
