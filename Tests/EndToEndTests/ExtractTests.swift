import Foundation
import TestSupport
import Testing

@Suite("Extracted messages")
struct ExtractTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    private func index(_ folder: String) throws -> [[String: Any]] {
        try Data(contentsOf: URL(filePath: "\(folder)/index.jsonl")).split(separator: UInt8(ascii: "\n")).compactMap {
            try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
        }
    }

    @Test("are the endpoints' messages, byte for byte", arguments: ["chat", "graphql-subscriptions", "stomp", "mqtt"])
    func messages(name: String) throws {
        let fixture = try Fixture.named(name)
        let output = folder.path("messages")
        let run = try Wstap.run(["extract", fixture.capture.path, "-o", output])
        #expect(run.status == 0 && run.output.isEmpty)
        let trace = try Trace.of(fixture.capture).trace
        let entries = try index(output)
        let names = try FileManager.default.contentsOfDirectory(atPath: output)
        #expect(Set(names) == Set(entries.compactMap { $0["file"] as? String } + ["index.jsonl"]))
        #expect(entries.count == trace.events.filter { $0.event == "message" }.count && !entries.isEmpty)
        let files = try entries.compactMap { $0["file"] as? String }.map {
            try Data(contentsOf: URL(filePath: "\(output)/\($0)"))
        }
        #expect(files.map(\.count) == entries.compactMap { $0["length"] as? Int })
        for (entry, file) in zip(entries, files) {
            let words = (entry["file"] as? String)?.split(whereSeparator: { $0 == "-" || $0 == "." }) ?? []
            #expect(words.count == 5 && words[2] == entry["from"] as? String ?? "")
            #expect((entry["sha256"] as? String)?.count == 64)
            if words.last == "json" { _ = try JSONSerialization.jsonObject(with: file) }
        }
    }

    @Test("have an extension that their content calls for")
    func extensions() throws {
        let payloads: [(String, [UInt8])] = [
            ("json", Array(#"{"a":[1,2,{"b":"}"}]}"#.utf8)), ("txt", Array("{not json".utf8)),
            ("png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]), ("jpg", [0xff, 0xd8, 0xff, 0xe0]),
            ("gz", [0x1f, 0x8b, 8, 0]), ("bin", [0, 1, 2, 3]), ("bin", Array("BM and no bitmap\0".utf8)),
        ]
        var conversation = TCPConversation()
        conversation.openWebSocket()
        for (_, payload) in payloads {
            conversation.send(WireFrame(2, payload, from: .server).bytes, from: .server)
        }
        conversation.finish(first: .server)
        let path = try folder.write("kinds.pcap", conversation.packets.pcap())
        #expect(try Wstap.run(["extract", path, "-o", folder.path("kinds")]).status == 0)
        let names = try index(folder.path("kinds")).compactMap { $0["file"] as? String }
        #expect(names.map { String($0.split(separator: ".").last ?? "") } == payloads.map(\.0))
    }

    @Test("longer than the limit are cut, and their number is reported", arguments: [true, false])
    func long(isFragmented: Bool) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        let payload = [UInt8](repeating: 7, count: 18 << 20)
        if isFragmented {
            let part = 60_000
            let starts = Array(stride(from: 0, to: payload.count, by: part))
            for start in starts {
                let end = min(start + part, payload.count)
                let isLast = end == payload.count
                let head: [UInt8] = [(isLast ? 0x80 : 0) | (start == 0 ? 2 : 0), 126, UInt8((end - start) >> 8)]
                talk.send(head + [UInt8((end - start) & 0xff)] + payload[start..<end], from: .server)
            }
        } else {
            let header: [UInt8] = [0x82, 127, 0, 0, 0, 0] + [24, 16, 8, 0].map { UInt8(payload.count >> $0 & 0xff) }
            talk.send(header, from: .server)
            for start in stride(from: 0, to: payload.count, by: 60_000) {
                talk.send(Array(payload[start..<min(start + 60_000, payload.count)]), from: .server)
            }
        }
        talk.sendText("short", from: .client)
        talk.finish(first: .server)
        let path = try folder.write("long.pcap", talk.packets.pcap())
        let run = try Wstap.run(["extract", path, "-o", folder.path("long")])
        #expect(run.status == 1 && run.errors.contains("1 of the messages"))
        let entries = try index(folder.path("long"))
        #expect(entries.map { $0["length"] as? Int } == [payload.count, 5])
        #expect(entries.map { $0["payload_truncated"] as? Bool } == [true, nil])
        let name = try #require(entries.first?["file"] as? String)
        let saved = try Data(contentsOf: URL(filePath: "\(folder.path("long"))/\(name)"))
        #expect(saved.count > 8 << 20 && saved.count < payload.count && saved.allSatisfy { $0 == 7 })
    }

    @Test("are bounded, filtered, and never mixed with other files")
    func bounds() throws {
        let chat = try Fixture.named("chat").capture.path
        let run = try Wstap.run(["extract", chat, "-o", folder.path("few"), "--max-messages", "3"])
        #expect(run.status == 1 && run.errors.contains("messages are left out"))
        #expect(try index(folder.path("few")).count == 3)
        #expect(try Wstap.run(["extract", chat, "-o", folder.path("few")]).status == 2)
        #expect(
            try Wstap.run(["extract", chat, "-o", folder.path("one"), "--from", "client", "--connection", "1"]).status
                == 0)
        #expect(
            try index(folder.path("one")).allSatisfy {
                $0["from"] as? String == "client" && $0["connection"] as? Int == 1
            })
        #expect(try !index(folder.path("one")).isEmpty)
        #expect(try Wstap.run(["extract", chat, "-o", folder.path("bad"), "--grep", "("]).status == 64)
        // It saves messages, and no other events.
        #expect(try Wstap.run(["extract", chat, "-o", folder.path("bad"), "--events", "end"]).status == 64)
        #expect(try Wstap.run(["extract", chat, "-o", "-"]).status == 64)
    }
}
