import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// Verdicts when packets are cut short or missing.
///
/// The expected answer follows from how the session is built.
@Suite("A verdict with packets cut short or missing")
struct MissingPacketsTests {
    @Test("An upgrade whose response is missing is not called unanswered if frames right after the request show it")
    func answerMissing() throws {
        // Without 5, the server's bytes begin after the response; without 2, its SYN is missing too.
        for lost in [[4], [1, 4]] {
            var talk = TCPConversation()
            talk.openWebSocket()
            talk.send(WireFrame.text("x", from: .client), from: .client)
            talk.send(WireFrame.close(1000, from: .server), from: .server)
            talk.send(WireFrame.close(1000, from: .client), from: .client)
            talk.finish(first: .server)
            let analysis = Analysis(talk.packets.enumerated().filter { !lost.contains($0.offset) }.map(\.element))
            let handshake = try #require(analysis.handshakes.first)
            #expect(handshake.isAnswerMissing && handshake.status == nil && handshake.isAccepted)
            #expect(analysis.texts == ["x"])
            #expect(try analysis.end.verdict.clientEvent?.code == .normalClosure)
        }
    }

    /// A text of the client with a masking key of its own.
    private static func question(_ number: Int) -> [UInt8] {
        var frame = WireFrame(1, Array("question \(number * number * 7919)".utf8), from: .client)
        frame.maskingKey = (UInt32(number + 1) &* 0x9e37_79b9).bigEndianBytes
        return frame.bytes
    }

    /// The missing packets of a session whose capture begins with the request (packet 4), and whether its messages are
    /// still found.
    static let beginnings: [(lost: [Int], isRequestSplit: Bool, isAccepted: Bool)] = [
        ([5], false, true), ([5], true, true), ([5, 7], false, true), (Array(5...20), false, false),
    ]

    @Test("An upgrade is not called unanswered if its client has received bytes", arguments: beginnings)
    func answerMissingMidstream(lost: [Int], isRequestSplit: Bool, isAccepted: Bool) throws {
        var talk = TCPConversation()
        talk.open()
        let request = Array(TCPConversation.upgradeRequest().utf8)
        let first = isRequestSplit ? 20 : 0
        if isRequestSplit { talk.send(Array(request[..<first]), from: .client) }
        talk.send(Array(request[first...]), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        for number in 0..<8 {
            talk.send(Self.question(number), from: .client)
            talk.send(WireFrame.text("answer number \(number * number * 104_729)", from: .server), from: .server)
        }
        talk.finish(first: .client)
        let shift = isRequestSplit ? 1 : 0
        let kept = talk.packets.enumerated().filter { $0.offset >= 3 && !lost.contains($0.offset + 1 - shift) }
        let analysis = Analysis(kept.map(\.element))
        let handshake = try #require(analysis.handshakes.first)
        #expect(handshake.isAnswerMissing && handshake.status == nil && handshake.isAccepted == isAccepted)
        #expect(analysis.texts.contains { $0.hasPrefix("question") } == isAccepted)
        // The response may also come late.
        var late = Array(talk.packets[3...])
        late.insert(late.remove(at: 1 + shift), at: 4 + shift)
        #expect(Analysis(late).handshakes.map(\.status) == [101])
        #expect(Analysis(late).texts.count == 16)
    }

    @Test("A session is found in a tunnel whose CONNECT response is missing", arguments: [1, 2])
    func consentMissing(proxies: Int) {
        var talk = TCPConversation()
        talk.open()
        for _ in 0..<proxies {
            talk.send("CONNECT server.example:80 HTTP/1.1\r\nHost: server.example:80\r\n\r\n", from: .client)
            talk.lose(19, from: .server)
        }
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        talk.send(WireFrame.text("welcome", from: .server), from: .server)
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        #expect(analysis.texts.sorted() == ["hello", "welcome"])
        #expect(analysis.handshakes.map(\.isAcceptValid) == [true])
    }

    @Test(
        "A session is found whose request acknowledges what was never sent",
        arguments: [1, 30, 100_000, 2_000_000_000, -50, -100_000, -2_000_000_000])
    func wrongAcknowledgment(distance: Int) {
        var talk = TCPConversation()
        talk.open()
        talk.send(Array(TCPConversation.upgradeRequest().utf8), from: .client, withoutLast: -distance)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        talk.send(WireFrame.text("welcome", from: .server), from: .server)
        talk.finish(first: .client)
        #expect(Analysis(Array(talk.packets[3...])).texts.sorted() == ["hello", "welcome"])
    }

    @Test("Nothing is missing before a response whose request acknowledges too little", arguments: 0..<4)
    func lowAcknowledgment(kind: Int) throws {
        for distance in [1, 50, 100_000] {
            var talk = TCPConversation()
            talk.open()
            let request = Array(TCPConversation.upgradeRequest().utf8)
            talk.send(request, from: .client, withoutLast: distance)
            if kind & 1 != 0 { talk.sendAgain(request, from: .client) }
            if kind & 2 != 0 { talk.send(WireFrame.text("early", from: .client), from: .client) }
            talk.send(TCPConversation.upgradeResponse(), from: .server)
            for _ in 0..<20 {
                talk.send(WireFrame.text("hello", from: .client), from: .client)
                talk.send(WireFrame.text("welcome", from: .server), from: .server)
            }
            talk.finish(first: .client)
            let analysis = Analysis(Array(talk.packets[3...]))
            #expect(analysis.texts.count == (kind & 2 != 0 ? 41 : 40))
            #expect(try analysis.end.tcp.gapBytes == 0)
            #expect(analysis.handshakes.map(\.isAcceptValid) == [true])
            // Not reported later than it came.
            let reported = analysis.reported.first { if case .handshake = $0.event { true } else { false } }
            #expect(try analysis.handshakes.first?.responsePacket == #require(reported).context.packet)
        }
    }

    @Test("A missing refusal is not replaced by the response to the next request")
    func refusalMissing() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.lose(90, from: .server)
        talk.send(TCPConversation.upgradeRequest("/again", fields: "Authorization: Basic YTpi\r\n"), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        for number in 0..<40 { talk.send(WireFrame.text("text \(number)", from: .server), from: .server) }
        talk.finish(first: .client)
        let analysis = Analysis(Array(talk.packets[3...]))
        #expect(analysis.texts.count == 40)
        #expect(analysis.handshakes.last?.isAcceptValid == true && analysis.handshakes.last?.target == "/again")
    }

    @Test("A response after a hole counts without a request when the capture ends")
    func responseBehindHole() {
        var talk = TCPConversation()
        talk.open()
        talk.lose(1, from: .server)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        #expect(Analysis(talk).handshakes.map(\.isAccepted) == [true])
    }

    @Test("A response that comes first in the capture waits for its request", arguments: 0..<4)
    func responseFirst(kind: Int) throws {
        var talk = TCPConversation()
        talk.open()
        let welcome = kind & 1 != 0 ? WireFrame.text("welcome", from: .server) : []
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(Array(TCPConversation.upgradeResponse().utf8) + welcome, from: .server)
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        talk.send(WireFrame.text("hi", from: .server), from: .server)
        talk.finish(first: .client)
        var packets = Array(talk.packets[3...])
        (packets[0].bytes, packets[1].bytes) = (packets[1].bytes, packets[0].bytes)
        // A missing request is not awaited beyond what comes next.
        if kind & 2 != 0 { packets.remove(at: 1) }
        let analysis = Analysis(packets)
        #expect(analysis.texts.sorted() == (welcome.isEmpty ? ["hello", "hi"] : ["hello", "hi", "welcome"]))
        #expect(analysis.handshakes.map(\.url) == [kind & 2 != 0 ? "" : "ws://server.example.com/chat"])
        #expect(analysis.rules.isEmpty)
    }

    @Test(
        "So does one in two segments, wherever it is cut, and whichever of them the request follows",
        arguments: [8, 13, 40, 100, 127], [1, 2])
    func responseFirst(cut: Int, after place: Int) throws {
        let response = Array(TCPConversation.upgradeResponse().utf8)
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(Array(response[..<cut]), from: .server)
        talk.send(Array(response[cut...]), from: .server)
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        talk.send(WireFrame.text("hi", from: .server), from: .server)
        talk.finish(first: .client)
        var packets = Array(talk.packets[3...])
        let request = packets[0].bytes
        for index in 0..<place { packets[index].bytes = packets[index + 1].bytes }
        packets[place].bytes = request
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["hello", "hi"])
        #expect(analysis.handshakes.map(\.isAcceptValid) == [true])
        #expect(analysis.rules.isEmpty)
        // Without its request it still counts.
        packets.remove(at: place)
        #expect(Analysis(packets).texts.sorted() == ["hello", "hi"])
    }

    @Test("An upgrade is called unanswered if its client has received nothing since")
    func unansweredMidstream() {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.acknowledge(from: .server)
        talk.finish(first: .server)
        #expect(Analysis(Array(talk.packets[3...])).handshakes.map(\.isAnswerMissing) == [false])
    }

    @Test("A session is found without its SYN ACK and its 101", arguments: [8, 20])
    func openingMissing(count: Int) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<count {
            talk.send(Self.question(number), from: .client)
            talk.send(WireFrame.text("answer number \(number * number * 104_729)", from: .server), from: .server)
        }
        talk.send(WireFrame.close(1000, from: .server), from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk.packets.enumerated().filter { ![1, 4].contains($0.offset) }.map(\.element))
        #expect(analysis.messages.count == 2 * count && analysis.connections.map(\.opening) == [.handshake])
    }

    @Test(
        "One direction does not show who closed",
        arguments: [ExpectedMessage.Sender.client, .server], [ExpectedMessage.Sender.client, .server])
    func oneDirection(seen: ExpectedMessage.Sender, closer: ExpectedMessage.Sender) throws {
        for count in [0, 5] {
            var talk = TCPConversation()
            talk.openWebSocket()
            for number in 0..<count {
                talk.send(WireFrame.text("number \(number) of them", from: .client), from: .client)
                talk.send(WireFrame.text("number \(number) of them", from: .server), from: .server)
            }
            talk.finish(first: closer)
            let verdict = try Analysis(talk.packets.filter { $0.isFromClient == (seen == .client) }).end.verdict
            #expect(verdict.layer == .fin && verdict.by == .unknown)
        }
    }

    @Test("Who closed is not reported if a gap may hide the Close frame that a FIN answers")
    func hiddenClose() throws {
        for closer in [ExpectedMessage.Sender.client, .server] {
            var talk = TCPConversation()
            talk.openWebSocket()
            talk.send(WireFrame.text("hello", from: .client), from: .client)
            talk.lose(WireFrame.close(1000, from: closer).count, from: closer)
            talk.finish(first: closer.peer)
            let verdict = try Analysis(talk).end.verdict
            #expect(verdict.layer == .fin && verdict.by == .unknown)
        }
    }

    /// SSH after a 101 without Sec-WebSocket-Accept.
    private static let shell: TCPConversation = {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        let accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        talk.send(TCPConversation.upgradeResponse().replacing(accept, with: ""), from: .server)
        talk.send("SSH-2.0-OpenSSH_9.6\r\n", from: .server)
        talk.send("SSH-2.0-OpenSSH_9.7\r\n", from: .client)
        talk.finish(first: .server)
        return talk
    }()

    @Test("Who closed is reported for what turned out not to be WebSocket, as nothing is missing")
    func noWebSocket() throws {
        let verdict = try Analysis(Self.shell).end.verdict
        #expect(verdict.by == .server && verdict.layer == .fin)
    }

    @Test("A Ping that was sent before the 101 waits from then on")
    func earlyPing() throws {
        for (milliseconds, count) in [(100, 0), (1500, 1)] as [(Int64, UInt64)] {
            var talk = TCPConversation()
            talk.open()
            talk.send(TCPConversation.upgradeRequest(), from: .client)
            talk.send(WireFrame.ping("p", from: .client), from: .client)
            talk.wait(milliseconds: 3000)
            talk.send(TCPConversation.upgradeResponse(), from: .server)
            talk.wait(milliseconds: milliseconds)
            talk.acknowledge(from: .client)
            #expect(try Analysis(talk).end.verdict.unansweredPings == count)
        }
    }

    @Test("A RST that the other end challenged does not count (RFC 9293 3.10.7.4)")
    func challenged() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(WireFrame.text("ok", from: .server), from: .server)
        var packets = talk.packets
        let sent = 2001 + TCPConversation.upgradeResponse().utf8.count + WireFrame.text("ok", from: .server).count
        let reset = TCPPacket(
            from: Endpoint("10.0.0.9:8080"), to: Endpoint("10.0.0.7:53412"),
            sequence: UInt32(truncatingIfNeeded: sent + 1460), acknowledgment: 0, flags: .rst)
        packets.append(TimedPacket(at: Timestamp(nanoseconds: talk.clock), reset.ethernet()))
        talk.wait(milliseconds: 1)
        let count = packets.count
        #expect(try Analysis(packets).end.verdict.layer == .rst)
        talk.acknowledge(from: .client)
        let answer = talk.packets[count - 1]
        for repeats in [1, 3] {
            let pair = [packets[count - 1], answer]
            let all = packets.dropLast() + Array(repeating: pair, count: repeats).flatMap { $0 }
            let analysis = Analysis(Array(all))
            let verdict = try analysis.end.verdict
            #expect(verdict.layer == .captureEnd && verdict.by == .unknown && verdict.clientEvent == nil)
            #expect(analysis.rules == ["tcp.reset-ignored"])
        }
    }

    @Test("A Close frame that was cut is judged by the packet that was cut")
    func cutClose() throws {
        for closer in [ExpectedMessage.Sender.client, .server] {
            var talk = TCPConversation()
            talk.openWebSocket()
            talk.send(WireFrame.text("hello", from: .server), from: .server)
            talk.send(WireFrame.close(1001, "going away, as it were", from: closer), from: closer)
            talk.wait(milliseconds: 50)
            talk.send(WireFrame.close(1001, from: closer.peer), from: closer.peer)
            talk.finish(first: .server)
            var packets = talk.packets
            packets[6].bytes.removeLast(18)
            let verdict = try Analysis(packets).end.verdict
            #expect(verdict.by == (closer == .client ? .client : .server) && verdict.layer == .closeFrame)
        }
    }

    @Test("A 101 without Accept is found if the capture begins after the SYNs")
    func noAccept() throws {
        let analysis = Analysis(Array(Self.shell.packets.dropFirst(2)))
        #expect(analysis.handshakes.map(\.status) == [101] && analysis.frames.isEmpty)
        #expect(analysis.rules.contains("handshake.accept-missing"))
    }

    @Test("A response captured before a request is not its response, whatever was lost before")
    func olderAnswer() throws {
        let (connect, tunnel) = (
            "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", "HTTP/1.1 200 Connection established\r\n\r\n"
        )
        var talk = TCPConversation()
        talk.open()
        talk.lose(connect.utf8.count, from: .client)
        talk.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nnope", from: .server)
        talk.send(connect, from: .client)
        talk.send(tunnel, from: .server)
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        talk.send(WireFrame.close(1000, from: .client), from: .client)
        talk.send(WireFrame.close(1000, from: .server), from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.texts == ["hello"])
        #expect(try analysis.end.verdict.isClean)
    }
}

extension TimedPacket {
    /// Whether the packet comes from the client's port, 53412.
    fileprivate var isFromClient: Bool { bytes[34] == 0xd0 && bytes[35] == 0xa4 }
}
