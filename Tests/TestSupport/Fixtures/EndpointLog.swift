package import Foundation

/// The rows that both endpoints of a capture logged, one JSON object per line.
package struct EndpointLog: Sendable {
    struct Row: Sendable, Decodable {
        var who: String
        var conn: String?
        var ev: String
        /// Nanoseconds since 1970.
        var time: Int64?
        var dir: String?
        var op: String?
        var len: Int?
        var sha256: String?
        var local: String?
        var peer: String?
        var key: String?
        var path: String?
        var subprotocol: String?
        var code: Int?
        var reason: String?
        var clean: Bool?
        var closeSent: LoggedClose?
        var closeReceived: LoggedClose?
    }

    /// The subject of a row; rows of other events have keys of other types.
    private struct Event: Decodable {
        var ev: String
    }

    private static let eventsRead: Set = ["open", "msg", "ping", "close", "close-sent"]

    /// A code and a reason, in an array.
    struct LoggedClose: Sendable, Decodable {
        var code: Int
        /// The reason; nil if it was not logged.
        var reason: String?

        init(code: Int, reason: String?) {
            self.code = code
            self.reason = reason
        }

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            code = try values.decode(Int.self)
            reason = try values.decode(String.self)
        }
    }

    let rows: [Row]

    private init(rows: [Row]) {
        self.rows = rows
    }

    /// Reads the logs of one end or of both.
    ///
    /// - Parameter urls: The files.
    /// - Throws: An error if a file cannot be read or has an invalid row.
    package init(contentsOf urls: URL...) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let newline = UInt8(ascii: "\n")
        let lines = try urls.flatMap { url in
            let data = try Data(contentsOf: url)
            // An end that is still running may have written only half of its last line.
            return data.prefix(upTo: data.lastIndex(of: newline) ?? data.startIndex).split(separator: newline)
        }
        rows = try lines.compactMap {
            line in
            let event = try decoder.decode(Event.self, from: line)
            return Self.eventsRead.contains(event.ev) ? try decoder.decode(Row.self, from: line) : nil
        }
    }

    /// The rows logged before a moment, in nanoseconds since 1970.
    package func before(_ time: Int64) -> EndpointLog {
        EndpointLog(rows: rows.filter { $0.time.map { $0 < time } ?? true })
    }

    /// The time just before an end sent a data message, in nanoseconds since 1970; nil if it logged no such message.
    package func sendingTime(of message: ExpectedMessage) -> Int64? {
        rows.first {
            $0.ev == "msg" && $0.dir == "sent" && $0.who == message.from.rawValue && $0.sha256 == message.sha256
        }?.time
    }

    /// The time at which the other end had received a data message, in nanoseconds since 1970; nil if it logged none.
    package func receivingTime(of message: ExpectedMessage) -> Int64? {
        rows.first {
            $0.ev == "msg" && $0.dir == "received" && $0.who != message.from.rawValue && $0.sha256 == message.sha256
        }?.time
    }

    /// The sessions that were opened, each once for every address that its client was seen under.
    ///
    /// A proxy's own connection to the server has a separate address. A session without a logged address has an empty
    /// one.
    var connections: [ExpectedConnection] {
        let messageReceivers = receivers("msg")
        let pingReceivers = receivers("ping")
        return Dictionary(grouping: rows) { $0.conn ?? "" }.sorted { $0.key < $1.key }.flatMap { _, rows in
            let opened = rows.filter { $0.ev == "open" }
            let clients = Set(opened.compactMap { $0.local ?? $0.peer }).sorted()
            let isLogged = !clients.isEmpty || rows.contains { $0.ev == "msg" }
            return (clients.isEmpty && isLogged ? [""] : clients).map { client in
                var connection = ExpectedConnection(client: client)
                connection.key = opened.firstNonNil(\.key)
                connection.path = opened.firstNonNil(\.path)
                connection.subprotocol = opened.firstNonNil { $0.subprotocol == "" ? nil : $0.subprotocol }
                connection.addEndings(rows)
                for sender in ExpectedMessage.Sender.allCases {
                    connection.addMessages(from: sender, of: rows, receiversLog: messageReceivers)
                    connection.addPings(from: sender, of: rows, receiversLog: pingReceivers)
                }
                return connection
            }
        }
    }

    /// The ends that log such events when they receive them.
    private func receivers(_ event: String) -> Set<String> {
        Set(rows.filter { $0.ev == event && $0.dir == "received" }.map(\.who))
    }
}

extension [EndpointLog.Row] {
    fileprivate func firstNonNil(_ property: (EndpointLog.Row) -> String?) -> String? {
        lazy.compactMap(property).first
    }

    /// What `sender` sent, according to the end `who`.
    fileprivate func payloads(
        _ event: String, from sender: ExpectedMessage.Sender, loggedBy who: ExpectedMessage.Sender
    ) -> [ExpectedMessage] {
        compactMap { row in
            guard row.ev == event, row.who == who.rawValue, row.dir == (who == sender ? "sent" : "received"),
                let opcode = ExpectedMessage.Opcode(rawValue: row.op ?? event), let length = row.len,
                let sha256 = row.sha256
            else { return nil }
            return ExpectedMessage(from: sender, opcode: opcode, length: length, sha256: sha256)
        }
    }
}

extension ExpectedConnection {
    /// A message counts as delivered if its receiver logged it; if the receiver logs nothing, its sender's log counts.
    fileprivate mutating func addMessages(
        from sender: ExpectedMessage.Sender, of rows: [EndpointLog.Row], receiversLog receivers: Set<String>
    ) {
        let (delivered, others) = payloads("msg", from: sender, of: rows, receiversLog: receivers)
        messages += delivered
        unconfirmed += others
    }

    fileprivate mutating func addPings(
        from sender: ExpectedMessage.Sender, of rows: [EndpointLog.Row], receiversLog receivers: Set<String>
    ) {
        let (delivered, others) = payloads("ping", from: sender, of: rows, receiversLog: receivers)
        pings += delivered
        unconfirmed += others
    }

    private func payloads(
        _ event: String, from sender: ExpectedMessage.Sender, of rows: [EndpointLog.Row],
        receiversLog receivers: Set<String>
    ) -> (delivered: [ExpectedMessage], unconfirmed: [ExpectedMessage]) {
        let sent = rows.payloads(event, from: sender, loggedBy: sender)
        let received = rows.payloads(event, from: sender, loggedBy: sender.peer)
        guard receivers.contains(sender.peer.rawValue) else { return (sent, []) }
        var counts: [ExpectedMessage: Int] = received.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        let unconfirmed = sent.filter { message in
            counts[message, default: 0] -= 1
            return counts[message, default: 0] < 0
        }
        return (received, unconfirmed)
    }

    fileprivate mutating func addEndings(_ rows: [EndpointLog.Row]) {
        var sent: [ExpectedMessage.Sender: EndpointLog.LoggedClose] = [:]
        for row in rows {
            guard let who = ExpectedMessage.Sender(rawValue: row.who) else { continue }
            if row.ev == "close", let code = row.code ?? row.closeReceived?.code {
                let reason = row.reason ?? row.closeReceived?.reason
                if who == .client { (clientSees, clientReason) = (code, reason) }
                if who == .server { (serverSees, serverReason) = (code, reason) }
                if who == .client { clientWasClean = row.clean }
            }
            if row.ev == "close-sent", let code = row.code {
                sent[who] = EndpointLog.LoggedClose(code: code, reason: row.reason)
            }
            sent[who] = row.closeSent ?? sent[who]
            sent[who.peer] = sent[who.peer] ?? row.closeReceived
        }
        // 1005 stands for a Close frame without a code (RFC 6455 7.1.5).
        closes = ExpectedMessage.Sender.allCases.compactMap { from in
            sent[from].flatMap { $0.code == 1005 ? nil : Close(from: from, code: $0.code, reason: $0.reason) }
        }
    }
}
