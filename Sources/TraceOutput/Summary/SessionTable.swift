import CaptureAnalysis
import PacketDecoding
import WebSocketProtocol

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

/// What a list of sessions says about one of them.
struct SessionRow {
    /// The most bytes of a URL that are kept; the rest is cut.
    static let keptURLBytes = 300

    /// What is known once the session is over.
    struct Ending {
        var verdict: SessionEnd.Verdict
        var duration: Int64
        var framesFromClient: UInt64
        var framesFromServer: UInt64
        var bytesFromClient: UInt64
        var bytesFromServer: UInt64
        /// The median of the Ping round trips; nil where there are none.
        var medianRoundTrip: Int64?
    }

    /// How the upgrade went.
    enum Upgrade: Hashable {
        /// It was not seen: the session began before the capture.
        case unseen
        /// It is not answered yet.
        case pending
        /// It was refused with this status, or never answered.
        case refused(status: Int?)
        /// The session was opened.
        case accepted
    }

    let connection: UInt64
    let client: Endpoint
    let server: Endpoint
    /// The URL as the wire spelled it: not safe for a terminal yet.
    var url = ""
    var upgrade: Upgrade
    /// Whether permessage-deflate was negotiated; nil where that was not seen.
    var isDeflateNegotiated: Bool?
    var ending: Ending?

    init(connection: UInt64, start: borrowing ConnectionStart) {
        self.connection = connection
        client = start.client
        server = start.server
        upgrade = start.opening == .handshake ? .pending : .unseen
    }

    /// Both ends, such as "10.0.0.7:53412 → 10.0.0.9:8080".
    var peers: String { "\(client) → \(server)" }

    mutating func note(_ handshake: borrowing Handshake) {
        upgrade = handshake.isAccepted ? .accepted : .refused(status: handshake.status)
        isDeflateNegotiated = handshake.extensions.contains { $0.name == "permessage-deflate" }
        url = handshake.url
        guard url.utf8.count > Self.keptURLBytes else { return }
        url = String(decoding: url.utf8.prefix(Self.keptURLBytes), as: UTF8.self) + "…"
    }

    mutating func note(_ end: borrowing SessionEnd) {
        ending = Ending(
            verdict: end.verdict, duration: end.duration, framesFromClient: end.fromClient.frames,
            framesFromServer: end.fromServer.frames, bytesFromClient: end.fromClient.payloadBytes,
            bytesFromServer: end.fromServer.payloadBytes, medianRoundTrip: end.pingRoundTrip?.p50)
    }
}
