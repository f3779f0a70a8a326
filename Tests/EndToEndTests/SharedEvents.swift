import Foundation
import TestSupport

/// The events of a trace that a capture and its redacted copy share.
enum SharedEvents {
    /// Keys of the trace whose values are replaced, or derived from replaced values; and packet numbers.
    private static let replaced: Set<String> = [
        "payload", "payload_base64", "url", "request_headers", "response_headers", "reason", "connection", "interface",
        "text", "subprotocol", "fin_packets", "masking_key",
    ]

    private static func kept(_ value: Any) -> Any {
        if let object = value as? [String: Any] {
            return object.filter { !replaced.contains($0.key) && !$0.key.hasSuffix("packet") }.mapValues(kept)
        }
        return (value as? [Any]).map { $0.map(kept) } ?? value
    }

    /// The events of a capture's sessions.
    static func events(of path: String) throws -> [[String: Any]] {
        try Wstap.run([path, "--format", "jsonl"]).output.split(separator: UInt8(ascii: "\n")).compactMap {
            try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
        }.filter { !["capture", "summary"].contains($0["event"] as? String) }
    }

    /// The events without what is replaced, and how often each occurs.
    static func lines(_ events: [[String: Any]]) throws -> [String: Int] {
        var lines: [String: Int] = [:]
        for event in events {
            let data = try JSONSerialization.data(withJSONObject: kept(event), options: .sortedKeys)
            lines[String(decoding: data, as: UTF8.self), default: 0] += 1
        }
        return lines
    }
}
