import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@Suite("In the middle of a connection")
struct MidstreamEvidenceTests {
    /// A protocol that is not WebSocket, as its sender writes it piece by piece.
    struct Records: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let record: @Sendable (Int) -> [UInt8]

        init(_ name: String, _ record: @escaping @Sendable (Int) -> [UInt8]) {
            testDescription = name
            self.record = record
        }
    }

    /// Bytes without a pattern, the same for the same index.
    private static func noise(_ count: Int, _ place: Int) -> [UInt8] {
        var state = UInt64(place) &* 0x9e37_79b9_7f4a_7c15 | 1
        return (0..<count).map { _ in
            state ^= state &<< 13
            state ^= state &>> 7
            state ^= state &<< 17
            return UInt8(truncatingIfNeeded: state &>> 32)
        }
    }

    private static func length(_ place: Int) -> Int { 20 + place &* 37 % 90 }

    private static let strangers: [Records] = [
        Records("a length of 16 bits, then data") { UInt16(length($0)).bigEndianBytes + noise(length($0), $0) },
        Records("a length of 32 bits, then data") { UInt32(length($0)).bigEndianBytes + noise(length($0), $0) },
        Records("a length of 64 bits, then data") { UInt64(length($0)).bigEndianBytes + noise(length($0), $0) },
        Records("a length of 16 bits, then a whole frame") {
            let frame = WireFrame.text(String(repeating: "frame ", count: 3 + $0 % 10), from: .server)
            return UInt16(frame.count).bigEndianBytes + frame
        },
        Records("a length of 32 bits, then a whole masked frame") {
            var frame = WireFrame(1, Array("a frame that was recorded".utf8), from: .client)
            frame.maskingKey = noise(4, $0)
            return UInt32(frame.bytes.count).bigEndianBytes + frame.bytes
        },
        Records("a tag like FIN and binary, a length of 8 bits, data") {
            [0x82, UInt8(length($0))] + noise(length($0), $0)
        },
        Records("records of one size with the same tag and length") { [0x82, 50] + noise(50, $0) },
        Records("MQTT SUBSCRIBE") {
            let topic = Array("sensors/kitchen/temperature/\($0)".utf8)
            return [0x82, UInt8(topic.count + 5)] + UInt16($0).bigEndianBytes
                + UInt16(topic.count).bigEndianBytes + topic + [0]
        },
        Records("Modbus") { UInt16($0).bigEndianBytes + [0, 0, 0, 5, 1, 3, 2, 1, UInt8($0 % 200)] },
        Records("counters of 32 bits") { place in (0..<50).flatMap { UInt32(place * 50 + $0).bigEndianBytes } },
        Records("counters of 64 bits") { place in (0..<25).flatMap { UInt64(place * 25 + $0).bigEndianBytes } },
        Records("Hiragana in Shift JIS") { place in
            noise(100, place).flatMap { [0x82, 0x9f + $0 % 0x50] }
        },
        Records("UTF-16") { _ in "all that is said of it is true ".utf16.flatMap(\.bigEndianBytes) },
        Records("bytes 0x81") { _ in Array(repeating: 0x81, count: 700) },
        Records("bytes 0x82") { _ in Array(repeating: 0x82, count: 700) },
        Records("bytes 0x89") { _ in Array(repeating: 0x89, count: 700) },
        Records("bytes 0x81 and 0x82 by turns") { _ in Array(repeating: [0x81, 0x82], count: 300).flatMap(\.self) },
        Records("zeros") { _ in Array(repeating: 0, count: 700) },
    ]

    @Test(
        "other protocols are not taken for sessions, however segments cut them", arguments: strangers,
        [0, 1000, 1448])
    func otherProtocols(records: Records, segment: Int) {
        var talk = TCPConversation()
        let writes = (0..<100).map { records.record($0) }
        if segment == 0 {
            for write in writes { talk.send(write, from: .client) }
        } else {
            let all = writes.flatMap(\.self)
            for start in stride(from: 0, to: all.count, by: segment) {
                talk.send(Array(all[start..<min(start + segment, all.count)]), from: .client)
            }
        }
        talk.finish(first: .client)
        let outcome = Outcome([talk])
        #expect(outcome.summary.webSocketConnections == 0)
        #expect(outcome.summary.frames == 0)
    }

    @Test("sessions are found by either end's texts alone", arguments: [ExpectedMessage.Sender.client, .server])
    func sessions(sender: ExpectedMessage.Sender) {
        var talk = TCPConversation()
        for place in 0..<40 {
            var frame = WireFrame(1, Array("message \(place * place * 7919) of many".utf8), from: sender)
            if sender == .client { frame.maskingKey = Self.noise(4, place) }
            talk.send(frame.bytes, from: sender)
        }
        let outcome = Outcome([talk])
        #expect(outcome.texts.count == 40)
    }

    @Test("a search keeps the header at which a chain waits when it gives up the bytes before", arguments: 1...40)
    func awaitedHeader(cut: Int) {
        let search = FrameSearch(
            streamOffset: 0, sender: .server, mayBeCompressed: false, needed: Evidence.needed, limit: 900)
        let frames = (0..<20).map { WireFrame.text(String(repeating: "place ", count: 5 + $0), from: .server) }
        let stream = Array(repeating: UInt8(0xff), count: 899 - cut) + frames.flatMap(\.self)
        let first = stream[..<899]
        var place = search.receive(first.span, origin: Origin(packet: 1))
        #expect(place == nil)
        var start = 899
        while place == nil, start < stream.count {
            let end = min(start + (start == 899 ? 6 : 300), stream.count)
            let piece = stream[start..<end]
            place = search.receive(piece.span, origin: Origin(packet: 2))
            start = end
        }
        let starts = frames.indices.map { 899 - cut + frames[..<$0].flatMap(\.self).count }
        #expect(starts.contains { UInt64($0) == place?.offset })
        #expect(search.kept.count < 2000)
    }

    @Test(
        "a search takes work in proportion to its bytes, whatever they are",
        arguments: [[0x82], [0x81], [0x81, 0x82], [0x82, 0x01], [0x02, 0x00, 0x01], [0x82, 0x7e, 0x7f, 0x00]])
    func linear(pattern: [UInt8]) {
        let search = FrameSearch(
            streamOffset: 0, sender: nil, isMidstream: true, mayBeCompressed: true, needed: 1 << 30, limit: 256 << 10)
        let bytes = (0..<60_000).map { pattern[$0 % pattern.count] }
        for segment in 0..<3 { #expect(search.receive(bytes.span, origin: Origin(packet: UInt64(segment))) == nil) }
        #expect(search.cost < 2 << 20)
    }
}
