import CaptureAnalysis
import TestSupport
import Testing
import WireFormat

@Suite("If too much waits out of order")
struct HeldSegmentRoomTests {
    /// Sessions that each have a one-byte segment waiting for the bytes before it.
    private func sessions(_ count: Int) -> [TCPConversation] {
        (0..<count).map { number in
            var talk = TCPConversation(
                from: "10.1.0.\(number % 250):\(2000 + number)", at: 1_700_000_000 + Int64(number))
            talk.openWebSocket()
            talk.lose(10, from: .client)
            talk.send([0x81], from: .client)
            return talk
        }
    }

    @Test("one-byte segments count by the memory they take, not by their byte")
    func tinySegments() {
        var limits = Limits()
        limits.heldBytes = Limits.shards * 129 * 4
        let gapPackets = Outcome(sessions(100), limits: limits).gapPackets
        // A shard holds four; otherwise held bytes are delivered after a gap when the next ones come.
        let last = UInt64(100 * 6)
        #expect(gapPackets.count == 100)
        #expect((60...100 - Limits.shards).contains(gapPackets.count { $0 < last }))
    }

    @Test("connections that are given up for it, or forgotten, are counted")
    func counted() {
        var limits = Limits()
        limits.connections = 4 * Limits.shards
        let silent = (0..<100).map { number in
            var talk = TCPConversation(from: "10.1.0.\(number % 250):\(2000 + number)")
            talk.open()
            return talk
        }
        let forgotten = Outcome(silent, limits: limits).summary
        #expect((100 - limits.connections..<100).contains(Int(forgotten.others.evicted)))
        #expect(forgotten.connectionsGivenUp == forgotten.others.evicted)

        limits = Limits()
        limits.heldBytesPerStream = 1000
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        for _ in 0..<20 { talk.send([UInt8](repeating: 0x81, count: 100), from: .client) }
        let overfull = Outcome([talk], limits: limits).summary
        #expect(overfull.others.waitedTooLong == 1 && overfull.connectionsGivenUp == 1)
    }
}
