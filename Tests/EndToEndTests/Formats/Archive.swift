import Foundation
import TestSupport

/// A HAR file, as far as tests read it.
struct Archive: Decodable {
    struct Log: Decodable {
        struct Page: Decodable {
            var id: String
        }

        var version: String
        var pages: [Page]
        var entries: [Entry]
    }

    struct Entry: Decodable {
        struct Request: Decodable {
            var url: String
        }

        struct Response: Decodable {
            var status: Int
        }

        struct Close: Decodable {
            var code: Int?
            var clean: Bool
            var verdict: TraceEvent.Verdict
        }

        var pageref: String
        var connection: String
        var time: Double
        var timings: [String: Double]
        var request: Request
        var response: Response
        var comment: String?
        var type: String
        var number: String
        var isURLUnknown: Bool?
        var messages: [Message]?
        var controls: [Message]?
        var close: Close?

        private enum CodingKeys: String, CodingKey {
            case pageref, connection, time, timings, request, response, comment
            case type = "_resourceType"
            case number = "_connectionId"
            case isURLUnknown = "_urlUnknown"
            case messages = "_webSocketMessages"
            case controls = "_webSocketControl"
            case close = "_webSocketClose"
        }
    }

    struct Message: Decodable {
        var type: String
        /// Seconds since 1970; nine decimals need more than a `Double`.
        var time: Decimal
        var opcode: Int
        var data: String
        var bytes: Data?
        var isTruncated: Bool?

        private enum CodingKeys: String, CodingKey {
            case type, time, opcode, data
            case bytes = "_dataBase64"
            case isTruncated = "_truncated"
        }

        /// The payload.
        var payload: [UInt8] {
            if let bytes { return [UInt8](bytes) }
            return opcode == 1 ? Array(data.utf8) : [UInt8](Data(base64Encoded: data) ?? Data())
        }

        /// The message as endpoints would have logged it.
        var seen: ExpectedMessage {
            ExpectedMessage(
                from: type == "send" ? .client : .server, opcode: opcode == 1 ? .text : opcode == 2 ? .binary : .ping,
                payload: payload)
        }
    }

    var log: Log

    /// The sessions.
    var sessions: [Entry] { log.entries.filter { $0.type == "websocket" } }
}

extension TraceEvent {
    /// The time of the packet that brought the last byte, in seconds since 1970.
    var broughtAt: Decimal? {
        let parts = (originTime ?? time).dropLast().split(separator: ".")
        guard parts.count == 2, let fraction = Decimal(string: "0." + parts[1]),
            let second = ISO8601DateFormatter().date(from: parts[0] + "Z")
        else { return nil }
        return Decimal(Int(second.timeIntervalSince1970)) + fraction
    }
}
