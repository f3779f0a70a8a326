package import CaptureAnalysis
import PacketDecoding
import WebSocketProtocol
import WireFormat

/// The sessions of a capture: the open ones, and a limited number of ended ones.
struct SessionTable {
    /// The most open sessions that are followed; others are only counted.
    static let maximumOpen = 1 << 16
    /// The most that an open session takes, in bytes: its row, its entry in the table, its own URL.
    static let sessionByteCount = 600

    /// The most ended sessions to keep.
    let maximumRows: Int
    private var open: [SessionID: OpenSession] = [:]
    private var ended: [SessionRow] = []
    /// The number of sessions so far.
    private(set) var count: UInt64 = 0

    /// Creates an empty table.
    init(maximumRows: Int) {
        self.maximumRows = maximumRows
    }

    /// The row of a session, while it is open.
    func row(of session: SessionID) -> SessionRow? { open[session]?.row }

    /// The kept sessions, by number.
    var rows: [SessionRow] {
        // Rows are large: sorting their indices is cheaper.
        ended.indices.sorted { ended[$0].session < ended[$1].session }.map { ended[$0] }
    }

    /// The number of sessions that are not kept.
    var omitted: UInt64 { count - UInt64(ended.count) }

    mutating func begin(_ start: borrowing ConnectionStart, session: SessionID) {
        count += 1
        guard open.count < Self.maximumOpen else { return }
        open[session] = OpenSession(session, start)
    }

    mutating func record(_ handshake: borrowing Handshake, session: SessionID) {
        open[session]?.record(handshake)
    }

    /// Ends a session; returns its row if it was followed.
    @discardableResult
    mutating func end(_ end: borrowing SessionEnd, session: SessionID) -> SessionRow? {
        guard let open = open.removeValue(forKey: session) else { return nil }
        var row = open.row
        row.record(end)
        if ended.count < maximumRows { ended.append(row) }
        return row
    }
}

/// What the row of an open session is made from; a class, since a dictionary would move it on every change.
///
/// Smaller than the row, which has room for the ending: 60,000 may be open.
private final class OpenSession {
    private let session: SessionID
    private let client: Endpoint
    private let server: Endpoint
    private var url = ""
    private var upgrade: SessionRow.Upgrade
    private var isDeflateNegotiated: Bool?

    init(_ session: SessionID, _ start: borrowing ConnectionStart) {
        self.session = session
        client = start.client
        server = start.server
        upgrade = SessionRow.Upgrade(start)
    }

    var row: SessionRow {
        SessionRow(
            session: session, client: client, server: server, url: url, upgrade: upgrade,
            isDeflateNegotiated: isDeflateNegotiated)
    }

    func record(_ handshake: borrowing Handshake) {
        upgrade = SessionRow.Upgrade(handshake)
        isDeflateNegotiated = handshake.extensions.contains { $0.name == "permessage-deflate" }
        url = SessionRow.kept(handshake.url)
    }
}

/// One session in a list.
package struct SessionRow {
    /// The most bytes of a URL to keep.
    static let keptURLBytes = 300

    /// What is known once the session has ended.
    struct Ending {
        var verdict: SessionEnd.Verdict
        var duration: Int64
        var framesFromClient: UInt64
        var framesFromServer: UInt64
        var bytesFromClient: UInt64
        var bytesFromServer: UInt64
        /// The median Ping round trip; nil if there was none.
        var medianRoundTrip: Int64?
    }

    /// How the upgrade went.
    package enum Upgrade: Hashable {
        /// Not seen: the session began before the capture.
        case unseen
        /// Not answered yet.
        case pending
        /// Refused with this status, or never answered if nil.
        case refused(status: Int?)
        /// Unknown: the server's stream is missing from the capture.
        case answerMissing
        /// Unknown: what the server sent could not be decrypted.
        case answerEncrypted
        /// Accepted.
        case accepted

        /// The status of the refusal; nil if it was not refused, or has none.
        var refusal: Int? { if case .refused(let status) = self { status } else { nil } }

        /// The state before an upgrade was seen.
        init(_ start: borrowing ConnectionStart) {
            self = start.opening == .handshake ? .pending : .unseen
        }

        package init(_ handshake: borrowing Handshake) {
            self =
                if handshake.isAccepted {
                    .accepted
                } else if handshake.isAnswerMissing {
                    handshake.isAnswerEncrypted ? .answerEncrypted : .answerMissing
                } else {
                    .refused(status: handshake.status)
                }
        }
    }

    let session: SessionID
    let client: Endpoint
    let server: Endpoint
    /// The URL as it was sent, not yet safe for a terminal.
    var url = ""
    var upgrade: Upgrade
    /// Whether permessage-deflate was negotiated; nil if that was not captured.
    var isDeflateNegotiated: Bool?
    var ending: Ending?

    /// The URL's path, without its query; empty if no upgrade was captured.
    var path: Substring {
        // ws://HOST/PATH: the third slash begins the path.
        let bytes = url.utf8.span
        var slashes = 0
        var start = 0
        while start < bytes.count {
            if bytes[start] == UInt8(ascii: "/") { slashes += 1 }
            if slashes == 3 { break }
            start += 1
        }
        guard slashes > 1 else { return "" }
        guard start < bytes.count else { return "/" }
        let end = bytes.index(of: UInt8(ascii: "?"), in: start..<bytes.count)
        return url[url.utf8Index(start)..<url.utf8Index(end)]
    }

    /// How much the ending deserves attention; none while there is no ending.
    var concern: VerdictMessage.Concern {
        ending.map { VerdictMessage.concern($0.verdict, upgrade: upgrade) } ?? .none
    }

    /// Both ends, for example "10.0.0.7:53412 → 10.0.0.9:8080".
    var peers: String { "\(client) → \(server)" }

    /// The part of a URL that is kept.
    static func kept(_ url: String) -> String {
        guard url.utf8.count > keptURLBytes else { return url }
        return String(decoding: url.utf8.prefix(keptURLBytes), as: UTF8.self) + "…"
    }

    mutating func record(_ end: borrowing SessionEnd) {
        ending = Ending(
            verdict: end.verdict, duration: end.duration, framesFromClient: end.fromClient.frames,
            framesFromServer: end.fromServer.frames, bytesFromClient: end.fromClient.payloadBytes,
            bytesFromServer: end.fromServer.payloadBytes, medianRoundTrip: end.pingRoundTrip?.p50)
    }
}

/// Sessions as people refer to them.
extension SessionID {
    /// The number: "3", or "3.5" for stream 5 of connection 3.
    var number: String {
        if let stream { "\(connection).\(stream)" } else { "\(connection)" }
    }

    /// Orders sessions by connection, then by stream.
    static func < (left: SessionID, right: SessionID) -> Bool {
        (left.connection, left.stream ?? 0) < (right.connection, right.stream ?? 0)
    }
}

extension String {
    /// The index of the byte at an offset.
    fileprivate func utf8Index(_ offset: Int) -> Index { utf8.index(startIndex, offsetBy: offset) }
}
