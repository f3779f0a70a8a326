import CaptureAnalysis
import CaptureCutting
import PacketCapture
import TestSupport
import Testing
import TraceOutput
import WireFormat

/// A spool in memory.
private struct Store: Spool, ~Copyable {
    var bytes: [UInt8] = []
    var failure: String?

    mutating func append(_ bytes: Span<UInt8>) -> UInt64 {
        let offset = self.bytes.count
        for index in bytes.indices { self.bytes.append(bytes[index]) }
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

@Suite("Memory for replaced bytes")
struct RedactionRoomTests {
    /// Twenty sessions, one after another.
    private var talks: [TCPConversation] {
        (0..<20).map { session in
            var talk = TCPConversation(from: "10.0.0.7:\(1024 + session)", at: 1_700_000_000 + Int64(session))
            talk.openWebSocket()
            talk.sendText("number \(session)", from: .server)
            talk.finish(first: .client)
            return talk
        }
    }

    @Test("goes to the first connections; further ones are filled in, and counted")
    func streams() {
        let selected = SelectedConnections()
        var sink = SelectionSink(into: selected)
        let firsts = analyse(talks, .totals, into: &sink)
        // 3/5 of it is for streams of 290 bytes: enough for six.
        var plan = RedactionPlan(
            for: selected, keepsKeys: false, keys: RedactionKeys((1, 2)), addresses: nil, store: Store(),
            memory: 2900)
        analyse(talks, RedactionPlan<Store>.demand, into: &plan)
        let totals = plan.totals
        #expect(totals.messages == 3 && totals.filledConnections == 17)

        let request = Array("GET / HTTP/1.1\r\n".utf8)
        for (session, first) in firsts.enumerated() {
            var bytes = request
            plan.redact(&bytes, bytes.indices, at: 0, of: first, from: .fromInitiator)
            #expect(bytes.starts(with: Array("GET /".utf8)) == (session < 3))
            #expect(bytes.count == request.count && (session < 3 || !bytes.contains(UInt8(ascii: "G"))))
        }
    }

    @Test("goes to the first connections; the check compares those, and the first of the others is known")
    func check() {
        let selected = SelectedConnections()
        var sink = SelectionSink(into: selected)
        let firsts = analyse(talks, .totals, into: &sink)
        var plan = RedactionPlan(
            for: selected, keepsKeys: false, keys: RedactionKeys((1, 2)), addresses: nil, store: Store(),
            memory: 2900)
        analyse(talks, RedactionPlan<Store>.demand, into: &plan)
        let (digest, totals) = (plan.digest, plan.totals)
        #expect(totals.firstFilled == firsts[3])
        #expect(firsts.map { plan.knows($0) } == firsts.indices.map { $0 < 3 })
        var copy = CopyDigest()
        analyse(Array(talks.prefix(3)), RedactionPlan<Store>.demand, into: &copy)
        let numbers = Dictionary(uniqueKeysWithValues: zip(firsts, firsts))
        #expect(digest.difference(from: copy.digest, numbers).connections == [])
    }

    @Test("counts connections once that are filled in, even if their packets alternate")
    func alternating() {
        let talks = talks
        let longest = talks.map(\.packets.count).max() ?? 0
        let packets = (0..<longest).flatMap { place in talks.compactMap { $0.packets.dropFirst(place).first } }
        let selected = SelectedConnections()
        var sink = SelectionSink(into: selected)
        analyse(packets, .totals, into: &sink)
        var plan = RedactionPlan(
            for: selected, keepsKeys: false, keys: RedactionKeys((1, 2)), addresses: nil, store: Store(),
            memory: 2900)
        analyse(packets, RedactionPlan<Store>.demand, into: &plan)
        let totals = plan.totals
        #expect(totals.messages + totals.filledConnections == 20 && totals.firstFilled != nil)
    }
}
