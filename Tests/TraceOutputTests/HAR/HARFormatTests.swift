import CaptureAnalysis
import Foundation
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@testable import CaptureAnalysis
@testable import TraceOutput

/// A spool in memory.
struct MemorySpool: Spool, ~Copyable {
    var bytes: [UInt8] = []
    var failure: String?

    mutating func append(_ bytes: Span<UInt8>) -> UInt64 {
        let offset = self.bytes.count
        bytes.withUnsafeBufferPointer { self.bytes.append(contentsOf: $0) }
        return UInt64(offset)
    }

    mutating func overwrite(_ bytes: Span<UInt8>, at offset: UInt64) {
        for index in bytes.indices { self.bytes[Int(offset) + index] = bytes[index] }
    }

    mutating func read(_ count: Int, at offset: UInt64, into output: inout OutputBuffer) {
        output.append(bytes.span.extracting(Int(offset)..<Int(offset) + count))
    }

    mutating func removeAll() {
        bytes = []
    }
}

@Suite("A HAR file")
struct HARFormatTests {
    private struct Message: Hashable {
        var time: Int64
        var text: String
    }

    /// The entries of an archive, which must be JSON.
    private static func entries(_ text: String) throws -> [[String: Any]] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let log = try #require(value?["log"] as? [String: Any])
        return try #require(log["entries"] as? [[String: Any]])
    }

    private static func format(payload: PayloadLimit = .all) -> HARFormat<MemorySpool> {
        HARFormat(spool: MemorySpool(), options: HAROptions(payload: payload, version: "1"))
    }

    @Test("of a session has its messages, control frames separately, and its end")
    func chat() throws {
        let entries = try Self.entries(printed(Scenes.chat, as: Self.format()))
        #expect(entries.count == 1)
        let entry = try #require(entries.first)
        let messages = try #require(entry["_webSocketMessages"] as? [[String: Any]])
        #expect(messages.map { $0["type"] as? String } == ["send", "receive"])
        #expect(messages.map { $0["opcode"] as? Int } == [1, 1])
        #expect(messages.first?["data"] as? String == "hello, world")
        let controls = try #require(entry["_webSocketControl"] as? [[String: Any]])
        #expect(controls.map { $0["opcode"] as? Int } == [9, 10, 8, 8])
        #expect(controls.map { $0["data"] as? String } == ["cGluZw==", "cGluZw==", "A+hieWU=", "A+g="])
        let close = try #require(entry["_webSocketClose"] as? [String: Any])
        #expect(close["code"] as? Int == 1000 && close["reason"] as? String == "bye" && close["clean"] as? Bool == true)
        // SYN at 0, ACK at 0.131 ms, request at 0.402 ms, response at 1.130 ms, end at 5002.530 ms.
        let timings = try #require(entry["timings"] as? [String: Double])
        #expect(timings["connect"] == 0.131 && timings["send"] == 0.271 && timings["wait"] == 0.728)
        #expect(abs(try #require(timings["receive"]) - 5001.4) < 1e-6)
        #expect(entry["connection"] as? String == "8080" && entry["_connectionId"] as? String == "1")
        #expect(entry["comment"] == nil && entry["_urlUnknown"] == nil)
    }

    @Test("states what an entry lacks, and has refused upgrades as plain entries")
    func trouble() throws {
        let entries = try Self.entries(printed(Scenes.trouble, as: Self.format()))
        #expect(entries.map { $0["_connectionId"] as? String } == ["2", "1", "3"])
        #expect(entries.map { $0["_resourceType"] as? String } == ["other", "websocket", "websocket"])
        let refused = entries[0]
        #expect(refused["_webSocketMessages"] == nil)
        #expect((refused["response"] as? [String: Any])?["status"] as? Int == 403)
        #expect(
            (refused["request"] as? [String: Any])?["url"] as? String == "ws://chat.example/admin%1B[2J")
        #expect(
            entries[1]["comment"] as? String
                == "1 message withheld (1 cannot be inflated); 1 message incomplete, left out; 1 gap in the capture")
        #expect((entries[1]["_webSocketMessages"] as? [Any])?.count == 2)
        #expect(entries[2]["_urlUnknown"] as? Bool == true)
        #expect((entries[2]["request"] as? [String: Any])?["url"] as? String == "ws://10.0.0.9:8080/")
    }

    @Test(
        "has the server for a URL if the request is missing, and the times of packets however late they are reported"
    )
    func withoutRequest() throws {
        let calls: [Call] = [
            .capture, Call(13, 4000, Samples.connection()), Call(13, 4000, Samples.handshake(hasRequest: false)),
            Call(14, 5130, Samples.end()), .summary,
        ]
        let entry = try #require(try Self.entries(printed(calls, as: Self.format())).first)
        #expect(entry["_urlUnknown"] as? Bool == true)
        let request = try #require(entry["request"] as? [String: Any])
        #expect(request["url"] as? String == "ws://10.0.0.9:8080/" && request["method"] as? String == "GET")
        // The response came at 1.130 ms.
        let timings = try #require(entry["timings"] as? [String: Double])
        #expect(abs(try #require(timings["receive"]) - 4) < 1e-6)
    }

    @Test("has the bytes of text that is not UTF-8 next to it")
    func notUTF8() throws {
        let calls: [Call] = [
            .capture, Call(5, 1130, Samples.connection()), Call(5, 1130, Samples.handshake()),
            Call(6, 1377, Samples.message(.client, length: 3, isValidUTF8: false), bytes: [0x61, 0xff, 0x62]),
            Call(14, 2000, Samples.end()), .summary,
        ]
        let entry = try #require(try Self.entries(printed(calls, as: Self.format())).first)
        let message = try #require((entry["_webSocketMessages"] as? [[String: Any]])?.first)
        #expect(message["data"] as? String == "a\u{fffd}b" && message["_dataBase64"] as? String == "Yf9i")
        #expect(entry["comment"] as? String == "1 text message not UTF-8")
    }

    @Test(
        "has messages in time order, however many wait or are elsewhere in the file",
        arguments: 1...4 as ClosedRange<UInt64>)
    func order(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var calls: [Call] = [.capture]
        let sessions = UInt64(1)...5
        for number in sessions {
            calls.append(Call(5, 1130, Samples.connection(), connection: number))
            calls.append(Call(5, 1130, Samples.handshake(), connection: number))
        }
        var expected: [UInt64: [(time: UInt64, text: String)]] = [:]
        for packet in UInt64(10)..<900 {
            let number = UInt64.random(in: sessions, using: &random)
            // Odd sessions are in order, even ones are not; some texts are larger than a chunk.
            let origin = number % 2 == 0 ? packet - UInt64.random(in: 0...8, using: &random) : packet
            // In the fourth session, the packets themselves are not in the order of their times.
            let clock = number == 4 ? origin - UInt64.random(in: 0...8, using: &random) : origin
            let draw = Int.random(in: 0...100, using: &random)
            let length = draw == 0 ? 20_000 : draw == 1 ? 70_000 : Int.random(in: 0...300, using: &random)
            // Characters of 4 bytes, so that some texts are long ones, which are cut.
            let text = "\(packet) " + String(repeating: length == 70_000 ? "🐸" : "x", count: length)
            let time = Samples.time(Int64(clock) * 1000)
            calls.append(
                Call(
                    packet, Int64(packet) * 1000,
                    Samples.message(
                        .server, length: UInt64(text.utf8.count), origin: Origin(packet: origin, time: time)), text,
                    connection: number))
            expected[number, default: []].append((clock, text))
        }
        for number in sessions { calls.append(Call(1000, 1_000_000, Samples.end(), connection: number)) }
        calls.append(.summary)

        let entries = try Self.entries(printed(calls, as: Self.format()))
        #expect(entries.count == 5)
        for entry in entries {
            let number = try #require((entry["_connectionId"] as? String).flatMap { UInt64($0) })
            let texts = (entry["_webSocketMessages"] as? [[String: Any]])?.map { $0["data"] as? String }
            let sorted = expected[number, default: []].enumerated().sorted {
                ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
            }
            #expect(texts == sorted.map(\.element.text), "seed \(seed)")
        }
    }

    @Test("prints a long entry about a megabyte at a time")
    func longEntry() throws {
        var format = Self.format()
        let text = String(repeating: "y", count: 200_000)
        format.receive([.capture, Call(5, 1130, Samples.connection()), Call(5, 1130, Samples.handshake())])
        for packet in UInt64(6)..<36 {
            format.receive([Call(packet, 2000, Samples.message(.client, length: 200_000), text)])
        }
        #expect(format.output.count < 1000)
        var printed = format.output.text
        format.output.removeAll()
        format.receive([Call(40, 3000, Samples.end())])
        while true {
            #expect(format.output.count < 2 << 20)
            printed += format.output.text
            format.output.removeAll()
            guard format.hasMore else { break }
            format.printMore()
        }
        format.receive([.summary])
        printed += format.output.text
        #expect((try Self.entries(printed).first?["_webSocketMessages"] as? [Any])?.count == 30)
    }

    @Test(
        "has long messages whole, without keeping their escaped form", arguments: [true, false], [true, false])
    func longMessages(isText: Bool, isOrdered: Bool) throws {
        var format = Self.format()
        let bytes = (0..<700_001).map { UInt8($0 % 251) & (isText ? 0x1f : 0xff) } + (isText ? [0xff] : [])
        format.receive([.capture, Call(5, 1130, Samples.connection()), Call(5, 1130, Samples.handshake())])
        for packet in UInt64(6)..<10 {
            let time = Samples.time(isOrdered ? Int64(packet) * 1000 : 50_000 - Int64(packet) * 1000)
            let message = Samples.message(
                .server, isText: isText, length: UInt64(bytes.count), isValidUTF8: false,
                origin: Origin(packet: packet, time: time))
            format.receive([Call(packet, 2000, message, bytes: bytes)])
            #expect(format.record.capacity < 3 << 20 && format.output.count < 1000)
        }
        format.receive([Call(40, 3000, Samples.end())])
        var printed = ""
        while true {
            #expect(format.output.count < 2 << 20)
            printed += format.output.text
            format.output.removeAll()
            guard format.hasMore else { break }
            format.printMore()
        }
        format.receive([.summary])
        printed += format.output.text
        let messages = try #require(try Self.entries(printed).first?["_webSocketMessages"] as? [[String: Any]])
        #expect(messages.count == 4)
        for message in messages {
            let base64 = try #require(message[isText ? "_dataBase64" : "data"] as? String)
            #expect(Data(base64Encoded: base64) == Data(bytes))
            if isText { #expect(message["data"] as? String == String(decoding: bytes, as: UTF8.self)) }
        }
        let times = messages.compactMap { $0["time"] as? Double }
        #expect(times.count == 4 && times == times.sorted())
    }

    @Test("moves waiting data out of memory when many sessions wait")
    func manySessions() throws {
        var format = Self.format()
        format.receive([.capture])
        let text = String(repeating: "z", count: 7000)
        let count = UInt64(3000)
        for number in 1...count {
            format.receive([
                Call(5, 1130, Samples.connection(), connection: number),
                Call(5, 1130, Samples.handshake(), connection: number),
                Call(6, 2000, Samples.message(.client, length: 7000), text, connection: number),
            ])
            #expect(format.sessions.values.reduce(0) { $0 + $1.bytesInMemory } < 17 << 20 || number % 500 != 0)
        }
        for number in 1...count { format.receive([Call(9, 3000, Samples.end(), connection: number)]) }
        format.receive([.summary])
        let entries = try Self.entries(format.output.text)
        #expect(entries.count == 3000)
        #expect(entries.allSatisfy { ($0["_webSocketMessages"] as? [Any])?.count == 1 })
    }
}
