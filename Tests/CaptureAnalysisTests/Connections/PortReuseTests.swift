import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// How a session ends before the next one takes its ports, and which end is captured late.
struct PortReuse: Sendable, CustomTestStringConvertible {
    var late: ExpectedMessage.Sender
    /// The delay of the end captured late.
    var milliseconds: Int64
    /// How long the ports are unused.
    var rest: Int64 = 150
    /// Whether the client ends with a RST; otherwise with a FIN that the server answers.
    var isReset = true
    /// Whether the client only acknowledges after its request.
    var onlyListens = false

    var testDescription: String {
        let end = (onlyListens ? "no questions, " : "") + (isReset ? "a RST" : "FINs")
        return "the \(late) \(milliseconds) ms late, \(end), then \(rest) ms of rest"
    }

    static let all: [PortReuse] = [
        PortReuse(late: .server, milliseconds: 2),
        PortReuse(late: .server, milliseconds: 20),
        PortReuse(late: .server, milliseconds: 200),
        PortReuse(late: .server, milliseconds: 400),
        PortReuse(late: .client, milliseconds: 2),
        PortReuse(late: .client, milliseconds: 20),
        PortReuse(late: .client, milliseconds: 200),
        PortReuse(late: .client, milliseconds: 400),
        PortReuse(late: .server, milliseconds: 40, rest: 1),
        PortReuse(late: .client, milliseconds: 40, rest: 1),
        PortReuse(late: .server, milliseconds: 200, isReset: false),
        PortReuse(late: .client, milliseconds: 200, isReset: false),
        PortReuse(late: .server, milliseconds: 200, onlyListens: true),
        PortReuse(late: .server, milliseconds: 200, isReset: false, onlyListens: true),
        PortReuse(late: .client, milliseconds: 200, onlyListens: true),
        PortReuse(late: .client, milliseconds: 200, isReset: false, onlyListens: true),
    ]

    /// The packets in capture order.
    var packets: [TimedPacket] {
        var packets: [TimedPacket] = []
        for number in 0..<3 {
            var talk = TCPConversation(initialSequence: 1000 &+ UInt32(number) &* 2_000_000)
            talk.wait(milliseconds: Int64(number) * (20 + rest))
            talk.openWebSocket()
            for text in 0..<2 {
                if !onlyListens { talk.sendText("\(number): question \(text)", from: .client) }
                talk.sendText("\(number): answer \(text)", from: .server)
                if onlyListens { talk.acknowledge(from: .client) }
            }
            if isReset { talk.reset(from: .client) } else { talk.finish(first: .client) }
            packets += talk.packets
        }
        for index in packets.indices where (packets[index].bytes[35] == 0xa4) == (late == .client) {
            packets[index].time = Timestamp(
                nanoseconds: packets[index].time.nanoseconds + milliseconds * 1_000_000 + 500_000)
        }
        return packets.sorted { $0.time < $1.time }
    }
}

@Suite("Sessions that follow each other on the same ports, with one end captured late")
struct PortReuseTests {
    @Test("Sessions that follow each other on the same ports are whole, each by itself", arguments: PortReuse.all)
    func apart(reuse: PortReuse) throws {
        let analysis = Analysis(reuse.packets)
        #expect(analysis.ends.count == 3)
        let kinds = reuse.onlyListens ? ["answer"] : ["question", "answer"]
        let expected: [String] = (0..<3).flatMap { number in
            (0..<2).flatMap { text in kinds.map { "\(number): \($0) \(text)" } }
        }
        #expect(analysis.texts.sorted() == expected.sorted())
        for end in analysis.ends {
            #expect(end.verdict.by == .client && end.verdict.layer == (reuse.isReset ? .rst : .fin))
            #expect(end.fromClient.messages == (reuse.onlyListens ? 0 : 2) && end.fromServer.messages == 2)
        }
        #expect(!analysis.rules.contains("tcp.data-after-reset"))
        #expect(try analysis.summary.tcpConnections == 3)
    }
}
