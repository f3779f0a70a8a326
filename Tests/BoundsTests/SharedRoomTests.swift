import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("Memory that all connections share")
struct SharedRoomTests {
    private static let memory = Limits.shards << 21

    private var limits: Limits {
        var limits = Limits()
        limits.memory = Self.memory
        return limits
    }

    private func talk(_ number: Int) -> TCPConversation {
        TCPConversation(
            from: "10.1.\(number / 250).\(number % 250):\(2000 + number)", at: 1_700_000_000 + Int64(number))
    }

    /// A session with an unfinished message of 100,000 bytes.
    private func endless(_ number: Int) -> TCPConversation {
        var talk = talk(number)
        talk.openWebSocket()
        var frame = WireFrame(2, [UInt8](repeating: 7, count: 100_000), from: .server).bytes
        frame.removeLast()
        for start in stride(from: 0, to: frame.count, by: 50_000) {
            talk.send(Array(frame[start..<min(frame.count, start + 50_000)]), from: .server)
        }
        return talk
    }

    @Test("messages that fill it are cut or given up, and later short ones are whole")
    func messages() {
        var talks = (0..<200).map(endless)
        talks.append(.chat)
        let outcome = Outcome(talks, limits: limits)
        // All would take 20 MB.
        #expect(!Set(outcome.rules).isDisjoint(with: ["limit.message", "limit.connections"]))
        #expect(outcome.texts.contains("hello"))
        #expect(Set(Outcome(talks).rules).isDisjoint(with: ["limit.message", "limit.connections"]))
    }

    @Test("messages that never end keep no further session from being seen", arguments: [true, false])
    func heads(hasBound: Bool) {
        var talks = (0..<300).map { number in
            var talk = talk(number)
            talk.openWebSocket()
            for sender in [ExpectedMessage.Sender.client, .server] {
                var frame = WireFrame(2, [UInt8](repeating: 7, count: 10_000), from: sender).bytes
                frame.removeLast()
                talk.send(frame, from: sender)
            }
            return talk
        }
        var last = talk(300)
        last.openWebSocket()
        let message = WireFrame(2, [UInt8](repeating: 7, count: 10_000), from: .server).bytes
        for part in [message.prefix(5000), message.dropFirst(5000)] { last.send(Array(part), from: .server) }
        talks.append(last)
        var limits = hasBound ? limits : Limits()
        limits.keptPayload = Limits.shards << 18
        let outcome = Outcome(talks, limits: limits)
        // All would take 6 MB: there is no room for another message.
        #expect(outcome.rules.contains("limit.message"))
        #expect(outcome.summary.webSocketConnections == 301)
        #expect(outcome.summary.connectionsGivenUp == 0)
    }

    @Test("sessions beyond it replace those that were silent longest")
    func records() {
        let talks = (0..<4000).map { number in
            var talk = talk(number)
            talk.openWebSocket()
            talk.send(WireFrame.text("number \(number)", from: .server), from: .server)
            return talk
        }
        let outcome = Outcome(talks, limits: limits)
        let forgotten = outcome.rules.count { $0 == "limit.connections" }
        // A session takes 4 to 10 KB.
        #expect((4000 - Self.memory / 4000...4000 - Self.memory / 10_000).contains(forgotten))
        #expect(outcome.texts.count == 4000)
        #expect(!Outcome(talks).rules.contains("limit.connections"))
    }

    @Test("what a burst took is free again once its connections are over", arguments: [false, true])
    func burst(areSessions: Bool) {
        var burst = (0..<8000).map { number in
            var talk = talk(number)
            if areSessions {
                talk.openWebSocket()
            } else {
                talk.open()
                talk.send(TCPConversation.upgradeRequest(), from: .client)
            }
            return talk
        }
        var packets = burst.flatMap(\.packets)
        for index in burst.indices {
            burst[index].reset(from: .client)
            packets += burst[index].packets.suffix(1)
        }
        // A session takes 4 to 10 KB.
        let later = (20_000..<20_000 + Self.memory / 10_000).map { number in
            var talk = talk(number)
            talk.openWebSocket()
            talk.send(WireFrame.text("number \(number)", from: .server), from: .server)
            return talk
        }
        let outcome = Outcome(packets + later.flatMap(\.packets), pause: packets.count, limits: limits)
        #expect(outcome.texts == (20_000..<20_000 + later.count).map { "number \($0)" })
        #expect(outcome.rules.isEmpty)
    }
}
