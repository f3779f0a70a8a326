import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@Suite("Deliveries")
struct DeliveryTests {
    /// A session in packets 1 to 5; the next packet is 6.
    private func session(_ steps: (inout TCPConversation) -> Void) -> TCPConversation {
        var talk = TCPConversation()
        talk.openWebSocket()
        steps(&talk)
        return talk
    }

    private func deliveries(_ packets: [TimedPacket], _ demand: EventDemand.Deliveries = .all) -> [Delivery] {
        Analysis(packets, deliveries: demand).deliveries
    }

    @Test("Deliveries name the packet of the last byte, and the one that acknowledged it")
    func plain() throws {
        let talk = session {
            $0.sendText("hello", from: .client)
            $0.wait(milliseconds: 20)
            $0.acknowledge(from: .server)
        }
        let delivery = try #require(deliveries(talk.packets).first)
        #expect(delivery.from == .client && delivery.outcome == .acknowledged && delivery.retransmissions == 0)
        #expect(delivery.messagePacket == 6 && delivery.lastBytePacket == 6 && delivery.acknowledgedPacket == 7)
        #expect(delivery.acknowledgedAfter == 21_000_000)
    }

    @Test("Deliveries are reported for problems, unless all or none are requested")
    func demand() {
        let talk = session {
            $0.sendText("hello", from: .client)
            $0.sendText("world", from: .server)
            $0.acknowledge(from: .client)
        }
        #expect(deliveries(talk.packets, .troubled).isEmpty)
        #expect(deliveries(talk.packets, .none).isEmpty)
        #expect(deliveries(talk.packets, .all).map(\.from) == [.client, .server])
    }

    @Test("Deliveries come with an acknowledgment that carries data of the other end")
    func piggybacked() {
        let talk = session {
            $0.sendText("question", from: .client)
            $0.sendText("answer", from: .server)
        }
        #expect(deliveries(talk.packets).map(\.acknowledgedPacket) == [7, nil])
        #expect(deliveries(talk.packets).map(\.outcome) == [.acknowledged, .captureEnd])
    }

    @Test("Deliveries of several messages come with one acknowledgment, each with its own packet")
    func several() {
        let talk = session {
            for text in ["a", "b", "c"] { $0.sendText(text, from: .server) }
            $0.acknowledge(from: .client)
        }
        #expect(deliveries(talk.packets).map(\.lastBytePacket) == [6, 7, 8])
        #expect(deliveries(talk.packets).map(\.acknowledgedPacket) == [9, 9, 9])
        #expect(deliveries(talk.packets).map(\.acknowledgedAfter) == [3_000_000, 2_000_000, 1_000_000])
    }

    @Test("Deliveries wait for the last byte of a message in several segments")
    func longMessage() {
        let bytes = WireFrame.text(String(repeating: "x", count: 300), from: .server)
        let talk = session {
            $0.send(Array(bytes[..<100]), from: .server)
            $0.acknowledge(from: .client)
            $0.send(Array(bytes[100...]), from: .server)
            $0.acknowledge(from: .client)
        }
        #expect(deliveries(talk.packets).map(\.lastBytePacket) == [8])
        #expect(deliveries(talk.packets).map(\.acknowledgedPacket) == [9])
    }

    @Test("Deliveries of messages that were not acknowledged say how the connection ended")
    func unacknowledged() {
        let talk = session {
            $0.sendText("heard", from: .client)
            $0.acknowledge(from: .server)
            $0.sendText("lost", from: .client)
        }
        var reset = talk
        reset.reset(from: .server, withoutLast: WireFrame.text("lost", from: .client).count)
        for demand in [EventDemand.Deliveries.all, .troubled] {
            let reported = deliveries(reset.packets, demand).last
            #expect(reported?.outcome == .reset && reported?.messagePacket == 8 && reported?.acknowledgedPacket == nil)
            #expect(deliveries(talk.packets, demand).last?.outcome == .captureEnd)
        }
        #expect(deliveries(reset.packets, .troubled).count == 1)
    }

    @Test("Deliveries are not reported for a stream whose acknowledgments the capture lacks")
    func oneDirection() {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        for _ in 0..<3 { talk.sendText("hello", from: .server) }
        #expect(deliveries(talk.packets, .troubled).isEmpty)
        #expect(deliveries(talk.packets, .all).map(\.outcome) == [.captureEnd, .captureEnd, .captureEnd])
    }

    @Test("Deliveries count the segments that sent bytes of the message again")
    func retransmissions() {
        let talk = session {
            $0.sendText("first", from: .client)
            $0.sendText("second", from: .client)
        }
        var packets = talk.packets
        let again = (packets[5], packets[6])
        for (number, packet) in [again.1, again.0, again.1].enumerated() {
            packets.append(packet.later(milliseconds: 200 + Int64(number)))
        }
        var ending = talk
        ending.acknowledge(from: .server)
        packets.append(ending.packets[7].later(milliseconds: 300))
        let reported = deliveries(packets, .troubled)
        #expect(reported.map(\.retransmissions) == [1, 2])
        #expect(reported.map(\.messagePacket) == [6, 7] && reported.map(\.acknowledgedPacket) == [11, 11])
    }

    @Test("Deliveries do not count keep-alives, nor segments out of order")
    func notRetransmissions() {
        let talk = session {
            for text in ["first", "second", "third"] { $0.sendText(text, from: .client) }
            $0.acknowledge(from: .server)
        }
        var packets = talk.packets
        packets.swapAt(5, 7)
        let reported = deliveries(packets, .all)
        #expect(reported.map(\.retransmissions) == [0, 0, 0])
        #expect(deliveries(packets, .troubled).isEmpty)
    }

    @Test("Deliveries know the last byte's packet and time if it waited for bytes before it")
    func outOfOrder() {
        let talk = session {
            for text in ["first", "second", "third"] { $0.sendText(text, from: .client) }
            $0.acknowledge(from: .server)
        }
        var packets = talk.packets
        // The first message arrives last, as packet 8.
        packets.swapAt(5, 6)
        packets.swapAt(6, 7)
        for index in 5...7 { packets[index].time = talk.packets[index].time }
        let reported = deliveries(packets, .all)
        #expect(reported.map(\.messagePacket) == [8, 8, 8])
        #expect(reported.map(\.lastBytePacket) == [8, 6, 7])
        #expect(reported.map(\.acknowledgedAfter) == [1_000_000, 3_000_000, 2_000_000])
    }

    @Test("Deliveries find an acknowledgment that came while the bytes waited")
    func earlyAcknowledgment() throws {
        let cut = WireFrame(2, [UInt8](repeating: 1, count: 90), from: .server).bytes
        let talk = session {
            $0.send(Array(cut[..<40]), from: .server)
            $0.lose(cut.count - 40, from: .server)
            $0.sendText("behind the gap", from: .server)
            $0.acknowledge(from: .client)
            for _ in 0..<40 { $0.acknowledge(from: .client) }
        }
        let reported = deliveries(talk.packets, .all)
        let delivery = try #require(reported.first)
        #expect(reported.count == 1 && delivery.lastBytePacket == 7 && delivery.messagePacket > 30)
        #expect(delivery.acknowledgedPacket == 8 && delivery.acknowledgedAfter == 1_000_000)
    }

    @Test("Deliveries are bounded; the oldest is not reported, but its loss is")
    func bound() {
        let talk = session { talk in
            for number in 0..<10 { talk.sendText("\(number)", from: .client) }
            talk.acknowledge(from: .server)
        }
        var limits = Limits()
        limits.outstandingMessages = 4
        let analysis = Analysis(talk.packets, limits: limits, deliveries: .all)
        #expect(analysis.deliveries.map(\.messagePacket) == [12, 13, 14, 15])
        #expect(analysis.rules.count { $0 == "limit.deliveries" } == 1)
    }

    @Test("Deliveries need no memory for acknowledged messages, even if not requested")
    func acknowledgedBefore() {
        let talk = session { talk in
            for number in 1...2 { talk.sendText("\(number)", from: .client) }
            talk.acknowledge(from: .server)
            talk.sendText("3", from: .client)
            talk.send((4...6).flatMap { WireFrame.text("\($0)", from: .client) }, from: .client)
        }
        var limits = Limits()
        limits.outstandingMessages = 4
        let analysis = Analysis(talk.packets, limits: limits, deliveries: .troubled)
        #expect(!analysis.rules.contains("limit.deliveries"))
        #expect(analysis.deliveries.map(\.messagePacket) == [9, 10, 10, 10])
    }

    @Test("Deliveries are reported for a few messages even if payloads take all memory")
    func noRoom() {
        let talk = session {
            $0.sendText(String(repeating: "x", count: 20_000), from: .client)
            $0.acknowledge(from: .server)
        }
        var limits = Limits()
        limits.keptPayload = Limits.shards << 14
        let analysis = Analysis(talk.packets, limits: limits, deliveries: .all)
        #expect(analysis.deliveries.map(\.messagePacket) == [6])
        #expect(analysis.rules == ["limit.message"])
    }
}

extension TimedPacket {
    /// The same packet, captured again later.
    fileprivate func later(milliseconds: Int64) -> TimedPacket {
        var packet = self
        packet.time = Timestamp(nanoseconds: time.nanoseconds + milliseconds * 1_000_000)
        return packet
    }
}
