import Foundation
import TestSupport
import Testing

/// Sessions that wait for late packets once TCP is over, with or without other connections after them.
///
/// Those decide when the end is reported, and nothing of what is reported.
@Suite("A session that waits for late packets at its end, among other connections")
struct LateEndTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    /// A session of which a message is missing right before the end.
    private static func session(isReset: Bool) -> [TimedPacket] {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<8 {
            talk.sendText("question number \(number)", from: .client)
            talk.sendText("answer number \(number) of eight", from: .server)
        }
        talk.lose(WireFrame.text("this is missing", from: .server).count, from: .server)
        talk.sendText("answer number nine", from: .server)
        talk.sendText("answer number ten", from: .server)
        talk.acknowledge(from: .client)
        if isReset {
            talk.reset(from: .client)
        } else {
            talk.sendClose(1001, from: .server)
            talk.sendClose(1001, from: .client)
            talk.finish(first: .server)
        }
        return talk.packets
    }

    /// The session, with many segments of other connections from half a second after it on.
    private static func crowd(_ session: [TimedPacket]) -> [TimedPacket] {
        let others = (0..<96).flatMap { number in
            var talk = TCPConversation(from: "10.0.1.1:\(40_000 + number)", at: 1_700_000_001)
            talk.open()
            talk.wait(milliseconds: 400 + 40 * Int64(number))
            talk.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", from: .client)
            talk.send("HTTP/1.1 200 OK\r\nContent-Length: 65000\r\n\r\n", from: .server)
            for _ in 0..<65 { talk.send(Array(repeating: 0x78, count: 1000), from: .server) }
            return talk.packets
        }
        return session + others.sorted { $0.time < $1.time }
    }

    @Test("has the same rows in a database", arguments: [false, true])
    func rows(isReset: Bool) throws {
        let session = Self.session(isReset: isReset)
        let found = try [session, Self.crowd(session)].map { packets in
            let path = folder.path("trace.db")
            let input = try folder.write("late.pcap", packets.pcap())
            _ = try Wstap.run([input, "--format", "sqlite", "-o", path])
            let database = try OpenDatabase(path)
            return try [
                "SELECT packet, origin_packet, time_ns FROM message",
                "SELECT packet, origin_packet, time_ns FROM frame",
                "SELECT packet, time_ns, resumed_packet FROM gap", "SELECT packet, time_ns, rule FROM finding",
                "SELECT packet, time_ns FROM delivery", "SELECT end_packet, end_time_ns, verdict FROM session",
            ].map { try database.rows($0) }
        }
        #expect(found[0] == found[1])
        #expect(found[0][0].count >= 16 && found[0][2].count == 1)
    }

    @Test("has the same lines in a trace", arguments: [false, true], [1, 2])
    func lines(isReset: Bool, jobs: Int) throws {
        let session = Self.session(isReset: isReset)
        let found = try [session, Self.crowd(session)].map { packets in
            let input = try folder.write("late.pcap", packets.pcap())
            let words = ["--format", "jsonl", "--jobs", "\(jobs)"]
            return try Wstap.run([input] + words).lines.filter { $0.contains(#""connection":1,"#) }
        }
        #expect(found[0] == found[1])
        #expect(found[0].count > 30)
    }

    @Test("has the same lines in shards, with packets lost and late")
    func shards() throws {
        var generator = SeededGenerator()
        let packets = (0..<80).flatMap { Self.damaged(port: 40_000 + $0, &generator) }.sorted { $0.time < $1.time }
        let input = try folder.write("lossy.pcap", packets.pcap())
        let shards = folder.path("shards")
        #expect(try Wstap.run(["cut", input, "--shards", "9", "-o", shards]).status == 0)
        let whole = try SessionEvents([input], [])
        var apart = try SessionEvents(["\(shards)/shard-0.pcapng"], [])
        for shard in 1..<9 { apart.add(try SessionEvents(["\(shards)/shard-\(shard).pcapng"], [])) }
        #expect(apart.beyond(whole) == [] && whole.beyond(apart) == [])
        #expect(whole.lines.count > 400)
    }

    /// A session at some time of 25 seconds, with one end or another, of which some packets are lost, or captured late.
    private static func damaged(port: Int, _ generator: inout SeededGenerator) -> [TimedPacket] {
        let start = Int64.random(in: 1_700_000_000..<1_700_000_025, using: &generator)
        var talk = TCPConversation(from: "10.0.0.8:\(port)", at: start)
        talk.openWebSocket()
        for number in 0..<Int.random(in: 0..<8, using: &generator) {
            let sender: ExpectedMessage.Sender = Bool.random(using: &generator) ? .client : .server
            talk.sendText("message number \(number) of this session", from: sender)
            if Bool.random(using: &generator) { talk.acknowledge(from: sender.peer) }
            talk.wait(milliseconds: .random(in: 0..<900, using: &generator))
        }
        let sender: ExpectedMessage.Sender = Bool.random(using: &generator) ? .client : .server
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: break
        case 1: talk.reset(from: sender)
        case 2: talk.finish(first: sender)
        default:
            talk.sendClose(1001, from: sender)
            talk.sendClose(1001, from: sender.peer)
            talk.finish(first: .server)
        }
        var packets = talk.packets
        for _ in 0..<Int.random(in: 0..<3, using: &generator) {
            packets.remove(at: .random(in: packets.indices, using: &generator))
        }
        if Bool.random(using: &generator) {
            let place = Int.random(in: packets.indices, using: &generator)
            packets[place].delay(milliseconds: .random(in: 1..<1500, using: &generator))
        }
        return packets
    }

    @Test("has the same trace without the others, as redact checks", arguments: [false, true])
    func redacted(isReset: Bool) throws {
        let input = try folder.write("late.pcap", Self.crowd(Self.session(isReset: isReset)).pcap())
        let run = try Wstap.run(["redact", input, "-o", folder.path("redacted.pcapng")])
        #expect(run.errors.contains("checked: the trace is that of the original, except for texts\n"), "\(run.errors)")
    }
}
