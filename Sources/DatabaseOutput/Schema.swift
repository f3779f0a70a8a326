/// The tables, indices and views; docs/database.md describes them.
///
/// No name is a reserved word of SQL.
enum Schema {
    /// The version, in `user_version`.
    static let version = 1

    static let capture = Table(
        name: "capture",
        columns: [
            "id INTEGER PRIMARY KEY", "program TEXT", "sources TEXT", "first_time_ns INTEGER", "duration_ns INTEGER",
            "packets INTEGER", "bytes INTEGER", "tcp_connections INTEGER", "websocket_connections INTEGER",
            "frames INTEGER", "messages INTEGER", "payload_bytes INTEGER", "notes INTEGER", "warnings INTEGER",
            "errors INTEGER", "gaps INTEGER", "unreadable_packets INTEGER", "connections_given_up INTEGER",
            "dropped_by_kernel INTEGER", "dropped_by_interface INTEGER",
        ],
        times: ["first_time"])

    static let session = Table(
        name: "session",
        columns: [
            "id INTEGER PRIMARY KEY", "connection INTEGER NOT NULL", "stream INTEGER", "session_id TEXT",
            "packet INTEGER", "time_ns INTEGER", "opened TEXT", "client_ip TEXT", "client_port INTEGER",
            "server_ip TEXT",
            "server_port INTEGER", "community_id TEXT", "link_type TEXT", "interface TEXT", "connect_time_ns INTEGER",
            // The last upgrade.
            "accepted INTEGER", "status INTEGER", "answer_missing INTEGER", "url TEXT", "host TEXT", "target TEXT",
            "method TEXT", "http_version TEXT",
            "subprotocol TEXT", "extensions TEXT", "accept_valid INTEGER", "request_packet INTEGER",
            "response_packet INTEGER", "response_time_ns INTEGER", "request_headers TEXT", "response_headers TEXT",
            // The end.
            "end_packet INTEGER", "end_time_ns INTEGER", "verdict TEXT", "ended_by TEXT", "layer TEXT",
            "clean INTEGER", "code INTEGER", "code_name TEXT", "reason TEXT", "client_sees INTEGER",
            "server_sees INTEGER", "silence_ns INTEGER", "message_silence_ns INTEGER", "unanswered_pings INTEGER",
            "uncertain_pings INTEGER", "failed_by TEXT", "failed_over TEXT", "duration_ns INTEGER",
            "client_frames INTEGER",
            "client_messages INTEGER", "client_payload_bytes INTEGER", "client_wire_bytes INTEGER",
            "server_frames INTEGER", "server_messages INTEGER", "server_payload_bytes INTEGER",
            "server_wire_bytes INTEGER", "ping_count INTEGER", "ping_p50_ns INTEGER", "ping_p99_ns INTEGER",
            "ping_max_ns INTEGER", "retransmitted_segments INTEGER", "out_of_order_segments INTEGER",
            "gap_bytes INTEGER", "rst_packet INTEGER", "rst_from TEXT",
        ],
        times: ["time", "end_time"], isNumbered: false)

    static let message = Table(
        name: "message",
        columns: [
            "id INTEGER PRIMARY KEY", "session INTEGER NOT NULL", "packet INTEGER NOT NULL",
            "origin_packet INTEGER NOT NULL", "time_ns INTEGER NOT NULL", "sender TEXT NOT NULL",
            "number INTEGER", "stream_offset INTEGER", "opcode TEXT NOT NULL", "complete INTEGER NOT NULL",
            "frames INTEGER",
            "compressed INTEGER", "wire_length INTEGER", "length INTEGER", "first_packet INTEGER", "inferred INTEGER",
            "withheld TEXT", "truncated INTEGER", "payload",
        ],
        times: ["time"])

    static let frame = Table(
        name: "frame",
        columns: [
            "id INTEGER PRIMARY KEY", "session INTEGER NOT NULL", "packet INTEGER NOT NULL",
            "origin_packet INTEGER NOT NULL", "time_ns INTEGER NOT NULL", "sender TEXT NOT NULL",
            "number INTEGER", "message_number INTEGER", "stream_offset INTEGER", "opcode TEXT NOT NULL",
            "opcode_value INTEGER",
            "fin INTEGER", "rsv1 INTEGER", "rsv2 INTEGER", "rsv3 INTEGER", "masking_key INTEGER", "length INTEGER",
            "missing INTEGER", "first_packet INTEGER", "inferred INTEGER", "close_code INTEGER", "close_reason TEXT",
            "answers_packet INTEGER", "round_trip_ns INTEGER", "withheld TEXT", "truncated INTEGER", "payload",
        ],
        times: ["time"])

    static let finding = Table(
        name: "finding",
        columns: [
            "id INTEGER PRIMARY KEY", "session INTEGER", "packet INTEGER", "time_ns INTEGER", "rule TEXT NOT NULL",
            "severity TEXT NOT NULL", "reference TEXT", "description TEXT", "sender TEXT", "stream_offset INTEGER",
            "frame_number INTEGER",
        ],
        times: ["time"])

    /// A gap; the last four are nil until decoding continues after it.
    static let gap = Table(
        name: "gap",
        columns: [
            "id INTEGER PRIMARY KEY", "session INTEGER NOT NULL", "packet INTEGER", "time_ns INTEGER",
            "sender TEXT NOT NULL", "stream_offset INTEGER", "length INTEGER", "resumed_packet INTEGER",
            "resumed_offset INTEGER", "confidence TEXT", "skipped INTEGER",
        ],
        times: ["time"])

    static let delivery = Table(
        name: "delivery",
        columns: [
            "id INTEGER PRIMARY KEY", "session INTEGER NOT NULL", "packet INTEGER", "time_ns INTEGER",
            "sender TEXT NOT NULL", "message_packet INTEGER", "last_byte_packet INTEGER", "outcome TEXT",
            "acknowledged_packet INTEGER", "acknowledged_after_ns INTEGER", "retransmissions INTEGER",
        ],
        times: ["time"])

    private static var tables: [Table] { [capture, session, message, frame, finding, gap, delivery] }

    /// Everything that must exist before the first row.
    static var creation: String {
        tables.map { $0.creation + ";\n" }.joined() + "CREATE INDEX gap_session ON gap (session, packet);\n"
    }

    /// Sets where decoding continued after a gap: the last gap of that sender at that packet.
    static let resumption = """
        UPDATE gap SET resumed_packet = ?, resumed_offset = ?, confidence = ?, skipped = ? WHERE id = (
            SELECT max(id) FROM gap WHERE session = ? AND packet = ? AND sender = ?)
        """

    /// Address and port of an end; brackets around an IPv6 address (RFC 3986 3.2.2).
    private static func end(_ role: String) -> String {
        "CASE WHEN instr(s.\(role)_ip, ':') THEN '[' || s.\(role)_ip || ']' ELSE s.\(role)_ip END || ':' || s.\(role)_port"
    }

    /// What is faster to add after the last row.
    ///
    /// Messages and frames have no index by session: sorting millions of rows would take a quarter of the whole time.
    static let completion = """
        \(tables.map(\.completion).joined())
        CREATE INDEX finding_session ON finding (session);
        CREATE INDEX delivery_session ON delivery (session);
        CREATE VIEW why AS
            SELECT s.id AS session, s.connection, s.stream, s.url, \(end("client")) AS client,
                \(end("server")) AS server, s.accepted, s.status, s.verdict, s.ended_by, s.layer,
                s.clean, s.code, s.code_name, s.reason, s.client_sees, s.server_sees,
                s.silence_ns / 1e9 AS silence, s.duration_ns / 1e9 AS duration, s.unanswered_pings,
                s.failed_by, s.failed_over,
                (SELECT count(*) FROM finding f WHERE f.session = s.id AND f.severity = 'error') AS errors,
                (SELECT count(*) FROM finding f WHERE f.session = s.id AND f.severity = 'warning') AS warnings,
                (SELECT group_concat(DISTINCT f.rule) FROM finding f WHERE f.session = s.id) AS rules
            FROM session s ORDER BY s.id;
        CREATE VIEW chat AS
            SELECT m.session, m.time, (m.time_ns - c.first_time_ns) / 1e9 AS elapsed, m.origin_packet AS packet,
                m.sender, m.opcode, m.length, m.payload, m.withheld, m.complete, s.url
            FROM message m JOIN session s ON s.id = m.session CROSS JOIN capture c
            ORDER BY m.origin_packet, m.id;
        """
}
