import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

/// A session's last moments, and the silence before its end.
struct LastWords: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What happens after the upgrade.
    var steps: @Sendable (inout TCPConversation) -> Void
    /// Milliseconds without a new byte of a frame before the end.
    var silence: Int64
    /// Milliseconds from the last data message to the end; nil if there was none.
    var messageSilence: Int64?

    /// A binary frame of the client with 60 bytes, in parts of ten and 26, three seconds apart.
    private static func upload(_ talk: inout TCPConversation, parts: Int, firstIsLost: Bool = false) {
        let bytes = WireFrame(2, Array(repeating: 7, count: 60), from: .client).bytes
        if firstIsLost {
            talk.lose(10, from: .client)
            talk.acknowledge(from: .server)
        }
        for part in (firstIsLost ? 1 : 0)..<parts {
            talk.send(Array(bytes[(part * 10)..<(part == 5 ? 66 : part * 10 + 10)]), from: .client)
            talk.wait(milliseconds: 2999)
        }
    }

    static let all: [LastWords] = [
        LastWords(
            testDescription: "a FIN of the server during an upload in one frame",
            steps: {
                upload(&$0, parts: 4)
                $0.finish(first: .server)
            }, silence: 3000, messageSilence: nil),
        LastWords(
            testDescription: "a FIN of the server during an upload whose header the capture lacks",
            steps: {
                upload(&$0, parts: 4, firstIsLost: true)
                $0.finish(first: .server)
            }, silence: 3000, messageSilence: nil),
        LastWords(
            testDescription: "a Close frame of the server during an upload in two pieces around lost bytes",
            steps: {
                upload(&$0, parts: 3, firstIsLost: true)
                $0.lose(5, from: .client)
                upload(&$0, parts: 3, firstIsLost: true)
                $0.sendClose(1011, from: .server)
                $0.finish(first: .server)
            }, silence: 3000, messageSilence: nil),
        LastWords(
            testDescription: "a RST of the server during an upload in one frame",
            steps: {
                upload(&$0, parts: 2)
                $0.reset(from: .server)
            }, silence: 3000, messageSilence: nil),
        LastWords(
            testDescription: "a Close frame of the server during an upload in one frame",
            steps: {
                upload(&$0, parts: 5)
                $0.sendClose(1008, from: .server)
                $0.finish(first: .server)
            }, silence: 3000, messageSilence: nil),
        LastWords(
            testDescription: "the end of the capture inside a header",
            steps: {
                $0.wait(milliseconds: 5000)
                $0.send([0x82], from: .client)
                $0.wait(milliseconds: 699)
                $0.acknowledge(from: .server)
            }, silence: 700, messageSilence: nil),
        LastWords(
            testDescription: "an upload that is complete",
            steps: {
                upload(&$0, parts: 6)
                $0.finish(first: .server)
            }, silence: 3000, messageSilence: 3000),
        LastWords(
            testDescription: "an unfinished message in several frames",
            steps: {
                $0.sendText("done", from: .server)
                $0.wait(milliseconds: 1999)
                $0.send(WireFrame(1, [97], from: .server, fin: false).bytes, from: .server)
                $0.wait(milliseconds: 999)
                $0.send(WireFrame(0, [98], from: .server, fin: false).bytes, from: .server)
                $0.wait(milliseconds: 499)
                $0.reset(from: .client)
            }, silence: 500, messageSilence: 3500),
        LastWords(
            testDescription: "Pings of a library after the last message",
            steps: {
                $0.sendText("last", from: .client)
                for _ in 0..<3 {
                    $0.wait(milliseconds: 498)
                    $0.sendPing("p", from: .server)
                    $0.sendPong("p", from: .client)
                }
                $0.wait(milliseconds: 499)
                $0.finish(first: .server)
            }, silence: 500, messageSilence: 2000),
        LastWords(
            testDescription: "nothing but Pings",
            steps: {
                $0.sendPing("p", from: .server)
                $0.sendPong("p", from: .client)
                $0.wait(milliseconds: 49)
                $0.finish(first: .server)
            }, silence: 50, messageSilence: nil),
        LastWords(
            testDescription:
                "data after a long silence that draw a RST, since a middlebox had forgotten the connection",
            steps: {
                $0.fallSilent(.client)
                $0.sendText("anybody?", from: .client)
                $0.refuse(from: .server)
            }, silence: 360_001, messageSilence: 1),
        LastWords(
            testDescription: "such data of the server",
            steps: {
                $0.fallSilent(.server)
                $0.sendText("anybody?", from: .server)
                $0.refuse(from: .client)
            }, silence: 360_001, messageSilence: 1),
        LastWords(
            testDescription: "such data, and more after another pause, before the RST",
            steps: {
                $0.fallSilent(.client)
                $0.sendText("anybody?", from: .client)
                $0.wait(milliseconds: 4999)
                $0.sendText("anybody?", from: .client)
                $0.refuse(from: .server)
            }, silence: 365_001, messageSilence: 1),
        LastWords(
            testDescription: "such data, to which nobody ever answers",
            steps: {
                $0.fallSilent(.client)
                $0.sendUnanswered(from: .client)
            }, silence: 361_400, messageSilence: 1400),
        LastWords(
            testDescription: "such data of the server, which gives up",
            steps: {
                $0.fallSilent(.server)
                $0.sendUnanswered(from: .server)
                $0.reset(from: .server)
            }, silence: 361_401, messageSilence: 1401),
        LastWords(
            testDescription: "such data, sent again before the RST",
            steps: {
                $0.fallSilent(.client)
                let data = WireFrame.text("anybody?", from: .client)
                $0.send(data, from: .client)
                $0.wait(milliseconds: 199)
                $0.sendAgain(data, from: .client)
                $0.refuse(from: .server)
            }, silence: 360_201, messageSilence: 201),
        LastWords(
            testDescription: "such data, and data of the other end, to which the middlebox sends a RST of its own",
            steps: {
                $0.fallSilent(.client)
                let data = WireFrame.text("anybody?", from: .client)
                $0.send(data, from: .client)
                $0.refuse(from: .server)
                $0.wait(milliseconds: 5000)
                $0.send(WireFrame.text("news", from: .server), from: .server, withoutLast: data.count)
                $0.refuse(from: .client, withoutLast: data.count)
            }, silence: 360_001, messageSilence: 1),
        LastWords(
            testDescription: "a Ping to which nobody ever answers, and a Close frame that gives up",
            steps: {
                $0.fallSilent(.server)
                let ping = WireFrame.ping("?", from: .server)
                $0.send(ping, from: .server)
                for delay in [200, 400, 800] as [Int64] {
                    $0.wait(milliseconds: delay - 1)
                    $0.sendAgain(ping, from: .server)
                }
                $0.wait(milliseconds: 18_598)
                $0.sendClose(1011, from: .server)
                $0.finish(from: .server)
            }, silence: 379_999, messageSilence: 379_999),
        LastWords(
            testDescription: "a Ping that was acknowledged, and a Close frame that gives up",
            steps: {
                $0.fallSilent(.server)
                $0.sendPing("?", from: .server)
                $0.acknowledge(from: .client)
                $0.wait(milliseconds: 19_998)
                $0.sendClose(1011, from: .server)
                $0.finish(from: .server)
            }, silence: 20_000, messageSilence: 380_000),
        LastWords(
            testDescription: "several messages of such data",
            steps: {
                $0.fallSilent(.client)
                $0.sendText("anybody?", from: .client)
                $0.sendText("there?", from: .client)
                $0.refuse(from: .server)
            }, silence: 360_002, messageSilence: 1),
        LastWords(
            testDescription: "data after a long silence that were acknowledged before the RST",
            steps: {
                $0.sendText("last", from: .client)
                $0.wait(milliseconds: 359_999)
                $0.sendText("anybody?", from: .client)
                $0.acknowledge(from: .server)
                $0.wait(milliseconds: 8)
                $0.reset(from: .server)
            }, silence: 10, messageSilence: 10),
        LastWords(
            testDescription: "data after the other end's FIN",
            steps: {
                $0.sendText("last", from: .client)
                $0.wait(milliseconds: 59_999)
                $0.finish(from: .server)
                $0.wait(milliseconds: 3000)
                $0.sendText("still there?", from: .client)
                $0.finish(from: .client)
            }, silence: 60_000, messageSilence: 60_000),
        LastWords(
            testDescription: "data after the other end's FIN, which draw a RST",
            steps: {
                $0.sendText("last", from: .server)
                $0.acknowledge(from: .client)
                $0.wait(milliseconds: 59_998)
                $0.finish(from: .server)
                $0.acknowledge(from: .client)
                $0.wait(milliseconds: 3000)
                $0.sendText("still there?", from: .client)
                $0.refuse(from: .server)
            }, silence: 60_000, messageSilence: 60_000),
        LastWords(
            testDescription: "answers to an end that has closed its own direction",
            steps: {
                $0.sendText("last question", from: .client)
                $0.wait(milliseconds: 1999)
                $0.finish(from: .client)
                for number in 1...3 {
                    $0.wait(milliseconds: 500)
                    $0.sendText("answer \(number)", from: .server)
                    $0.acknowledge(from: .client)
                }
                $0.finish(from: .server)
            }, silence: 2000, messageSilence: 2000),
        LastWords(
            testDescription: "an upload that goes on after the other end's FIN",
            steps: {
                upload(&$0, parts: 2)
                $0.finish(from: .server)
                $0.send(Array(repeating: 7, count: 9), from: .client)
                $0.finish(from: .client)
            }, silence: 3000, messageSilence: nil),
        LastWords(
            testDescription: "a Close frame of the other end after a FIN",
            steps: {
                $0.sendText("last", from: .client)
                $0.wait(milliseconds: 1999)
                $0.finish(from: .client)
                $0.wait(milliseconds: 299)
                $0.sendPing("p", from: .server)
                $0.wait(milliseconds: 699)
                $0.sendClose(1001, from: .server)
                $0.acknowledge(from: .client)
                $0.finish(from: .server)
            }, silence: 700, messageSilence: 3000),
        LastWords(
            testDescription: "data after a long silence, and a RST of their own sender",
            steps: {
                $0.sendText("last", from: .client)
                $0.wait(milliseconds: 359_999)
                $0.sendText("anybody?", from: .client)
                $0.reset(from: .client)
            }, silence: 1, messageSilence: 1),
    ]
}

extension TCPConversation {
    /// A last message that is acknowledged, then almost six minutes of silence.
    fileprivate mutating func fallSilent(_ sender: ExpectedMessage.Sender) {
        sendText("last", from: sender)
        acknowledge(from: sender == .client ? .server : .client)
        wait(milliseconds: 359_998)
    }

    /// A message that is retransmitted three times in vain.
    fileprivate mutating func sendUnanswered(from sender: ExpectedMessage.Sender) {
        let data = WireFrame.text("anybody?", from: sender)
        send(data, from: sender)
        for delay in [200, 400, 800] as [Int64] {
            wait(milliseconds: delay - 1)
            sendAgain(data, from: sender)
        }
    }
}

@Suite("The silence before an end")
struct SilenceTests {
    @Test(
        "The silence before an end is the time without a byte of a frame, and without a message",
        arguments: LastWords.all)
    func silence(words: LastWords) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        words.steps(&talk)
        for reportsFrames in [true, false] {
            let verdict = try Analysis(talk.packets, reportsFrames: reportsFrames).end.verdict
            #expect(verdict.silence == words.silence * 1_000_000)
            #expect(verdict.messageSilence == words.messageSilence.map { $0 * 1_000_000 })
        }
    }

    @Test(
        "Bytes that came before the FIN break the silence, though the FIN was captured first", arguments: [true, false])
    func reordered(isClient: Bool) throws {
        let sender: ExpectedMessage.Sender = isClient ? .client : .server
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("before", from: sender.peer)
        talk.wait(milliseconds: 1998)
        talk.sendText("late", from: sender)
        talk.finish(from: sender)
        talk.finish(from: sender.peer)
        var packets = talk.packets
        let place = packets.count - 3
        packets.swapAt(place, place + 1)
        (packets[place].time, packets[place + 1].time) = (packets[place + 1].time, packets[place].time)
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["before", "late"])
        #expect(try analysis.end.verdict.by == (isClient ? .client : .server))
        #expect(try analysis.end.verdict.silence == 1_999_000_000)
    }

    /// Sessions in which one end sends every two seconds, and the other last sends this long before the end.
    private static func oneSided(
        _ quiet: ExpectedMessage.Sender, seconds: [Int], hasClose: Bool, survivor: Int = 0
    ) -> [TimedPacket] {
        var packets: [TimedPacket] = []
        for (number, seconds) in seconds.enumerated() {
            var talk = TCPConversation(from: "10.0.0.7:\(5000 + number)", at: 1_700_000_000 + 600 * Int64(number))
            talk.openWebSocket()
            // Makes their lifetimes differ.
            for _ in 0...(number + 1) {
                talk.wait(milliseconds: number == 0 && survivor > 0 ? Int64(survivor) * 1000 : 4999)
                talk.sendText("word", from: quiet)
            }
            for count in 1..<(seconds / 2) {
                talk.wait(milliseconds: 1998)
                talk.sendText("tick \(count)", from: quiet.peer)
                talk.acknowledge(from: quiet)
            }
            talk.wait(milliseconds: 1999)
            if hasClose {
                talk.sendClose(1001, from: .server)
                talk.sendClose(1001, from: .client)
            }
            talk.finish(first: .server)
            packets += talk.packets
        }
        return packets
    }

    @Test(
        "Silences of one end show a timer that only its bytes reset, though the other end goes on",
        arguments: ExpectedMessage.Sender.allCases, [true, false])
    func readTimer(quiet: ExpectedMessage.Sender, hasClose: Bool) throws {
        let packets = Self.oneSided(quiet, seconds: [30, 30, 30, 30], hasClose: hasClose)
        let patterns = try Analysis(packets).summary.patterns
        let pattern = try #require(patterns.count == 1 ? patterns[0] : nil)
        #expect(pattern.sessions == 4 && pattern.silentEnd == (quiet == .client ? .client : .server))
        let range = try #require(pattern.silence)
        #expect(range.lowerBound >= 29_990_000_000 && range.upperBound <= 30_010_000_000)
        #expect(pattern.lifetime == nil && pattern.messageSilence == nil)
    }

    @Test("Silences of one end show no timer if they differ, or a session survived a longer one")
    func noReadTimer() throws {
        for quiet in ExpectedMessage.Sender.allCases {
            let different = Self.oneSided(quiet, seconds: [30, 40, 50, 60], hasClose: false)
            #expect(try Analysis(different).summary.patterns.allSatisfy { $0.silentEnd == nil })
            let survived = Self.oneSided(quiet, seconds: [30, 30, 30, 30], hasClose: false, survivor: 45)
            #expect(try Analysis(survived).summary.patterns.allSatisfy { $0.silentEnd == nil })
        }
    }

    @Test("Silences between messages show a timer that counts messages, though Pings pass")
    func pattern() throws {
        var packets: [TimedPacket] = []
        for (number, pings) in [2, 5, 9].enumerated() {
            var talk = TCPConversation(from: "10.0.0.7:\(5000 + number)", at: 1_700_000_000 + 60 * Int64(number))
            talk.openWebSocket()
            // Makes their lifetimes differ.
            talk.wait(milliseconds: 1700 * Int64(number))
            for count in 0...number { talk.sendText("\(count)", from: .client) }
            for _ in 0..<pings {
                talk.wait(milliseconds: 2998 / Int64(pings) - 2)
                talk.sendPing("p", from: .client)
                talk.sendPong("p", from: .server)
            }
            talk.wait(milliseconds: 2998 - 2998 / Int64(pings) * Int64(pings) + 1)
            talk.finish(first: .server)
            packets += talk.packets
        }
        let patterns = try Analysis(packets).summary.patterns
        let pattern = try #require(patterns.count == 1 ? patterns[0] : nil)
        #expect(pattern.sessions == 3 && pattern.by == .server && pattern.layer == .fin && pattern.silence == nil)
        let range = try #require(pattern.messageSilence)
        #expect(range.lowerBound >= 2_990_000_000 && range.upperBound <= 3_010_000_000)
    }
}
