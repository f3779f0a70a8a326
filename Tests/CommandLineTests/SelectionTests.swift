import Foundation
import TestSupport
import Testing

@Suite("With two sessions, the options")
struct SelectionTests {
    private let folder: ScratchFolder
    private let capture: String

    init() throws {
        folder = try ScratchFolder()
        var other = TCPConversation(from: "10.0.0.8:40000", at: 1_700_000_001)
        other.openWebSocket("/admin/log")
        other.sendText("{\"price\": 17}", from: .server)
        other.finish(first: .server)
        capture = try folder.write("two.pcap", (TCPConversation.chat.packets + other.packets).pcap())
    }

    private func trace(_ arguments: String...) throws -> Trace {
        let run = try Wstap.run([capture, "--format", "jsonl"] + arguments)
        #expect(run.status == 0 && run.errors == "")
        return try Trace(run.output)
    }

    private func payloads(_ trace: Trace) -> [String?] {
        trace.events.filter { $0.event == "message" }.map { $0.payload ?? $0.payloadBase64?.base64EncodedString() }
    }

    private let long = String(repeating: "long ", count: 40)
    private let price = "{\"price\": 17}"

    @Test("show everything if there are none")
    func nothing() throws {
        let trace = try trace()
        #expect(payloads(trace) == ["hello", "world", "AQID", long, price])
        #expect(trace.connections.count == 2)
    }

    @Test("--connection shows that connection; the totals count all")
    func connection() throws {
        let trace = try trace("--connection", "2")
        #expect(payloads(trace) == [price])
        #expect(trace.connections.map(\.number) == [2])
        #expect(trace.events.last?.messages == 5)
        #expect(try payloads(self.trace("--connection", "1,2")).count == 5)
        #expect(try payloads(self.trace("--connection", "1", "--connection", "2")).count == 5)
    }

    @Test("--connection reports a connection that does not exist")
    func absentConnection() throws {
        let run = try Wstap.run([capture, "--format", "jsonl", "--connection", "9,2,7"])
        #expect(run.status == 0)
        #expect(run.errors == "wstap: --connection: there is no connection 7, 9; the last is 2\n")
        #expect(try Trace(run.output).connections.map(\.number) == [2])
        #expect(try Wstap.run([capture, "--connection", "9", "-q"]).errors == "")
    }

    @Test("--opcode shows frames and messages of these kinds", arguments: ["ping,pong", "PING,0xa", "9,10"])
    func opcode(list: String) throws {
        let trace = try trace("--opcode", list)
        #expect(trace.events.filter { $0.event == "frame" }.map(\.opcode) == ["ping", "pong"])
        #expect(payloads(trace).isEmpty)
    }

    @Test("--from shows what one end sent")
    func from() throws {
        #expect(try payloads(trace("--from", "client")) == ["hello", "AQID"])
        #expect(try payloads(trace("--from", "server")) == ["world", long, price])
    }

    @Test("--host and --path choose sessions by their requests")
    func hostAndPath() throws {
        #expect(try payloads(trace("--path", "/admin/*")) == [price])
        #expect(try payloads(trace("--path", "/room*")).count == 4)
        #expect(try payloads(trace("--host", "SERVER.*")).count == 5)
        #expect(try payloads(trace("--host", "other.example", "-q")).isEmpty)
    }

    @Test("--grep searches payloads")
    func grep() throws {
        #expect(try payloads(trace("--grep", "wor")) == ["world"])
        #expect(try payloads(trace("--grep", "^h.*o$")) == ["hello"])
        #expect(try payloads(trace("--grep", "(?i)PRICE\": [0-9]+")) == [price])
        #expect(try trace("--grep", "by").events.filter { $0.event == "frame" }.map(\.opcode) == ["close", "close"])
    }

    @Test("--events chooses the lines")
    func events() throws {
        let trace = try trace("--events", "message,end")
        #expect(Set(trace.events.map(\.event)) == ["message", "end"])
        #expect(trace.events.count == 7)
    }

    @Test("--events does not change the summary")
    func eventsOfSummary() throws {
        let page = try Wstap.run([capture, "--format", "summary"]).output
        #expect(!page.isEmpty)
        #expect(try Wstap.run([capture, "--format", "summary", "--events", "message"]).output == page)
    }

    @Test(
        "--grep and --opcode choose the sessions of a summary, which shows no messages",
        arguments: [["--grep", "price"], ["--opcode", "text", "--from", "server", "--grep", "17"]])
    func payloadsOfSummary(filters: [String]) throws {
        let run = try Wstap.run([capture, "--format", "summary"] + filters)
        #expect(run.status == 0 && run.errors == "")
        #expect(run.text.contains("/admin/log") && !run.text.contains("/chat"))
    }

    @Test("-f excludes packets; the others keep their numbers")
    func packetFilter() throws {
        let all = try trace()
        let trace = try trace("-f", "port 40000")
        #expect(payloads(trace) == [price])
        #expect(trace.connections.map(\.number) == [1])
        #expect(trace.events.last?.packets == 9)
        let last = try #require(all.events.last { $0.event == "message" })
        #expect(trace.events.first { $0.event == "message" }?.packet == last.packet)
    }

    @Test("-f that matches nothing is reported")
    func emptyPacketFilter() throws {
        let run = try Wstap.run([capture, "-f", "port 1"])
        #expect(run.status == 0)
        #expect(run.errors == "wstap: no WebSocket: the filter matches none of 25 packets\n")
    }

    @Test(
        "filters that match nothing are reported",
        arguments: [["--path", "/nix"], ["--grep", "nix"], ["--opcode", "0xb"], ["--events", "gap"]])
    func emptyFilters(filters: [String]) throws {
        for format in ["jsonl", "timeline", "summary"] where format != "summary" || filters[0] != "--events" {
            let run = try Wstap.run([capture, "--format", format] + filters)
            #expect(run.status == 0)
            #expect(run.errors == "wstap: the filters match nothing in 2 sessions\n", "\(format)")
            #expect(try Wstap.run([capture, "-q", "--format", format] + filters).errors == "")
        }
        #expect(try Wstap.run([capture, "--events", "summary", "--format", "jsonl"]).errors == "")
    }

    @Test("--payload limits what is shown, not what is known")
    func payload() throws {
        let cut = try trace("--payload", "4", "--connection", "1").events.filter { $0.event == "message" }
        #expect(cut.map(\.payload) == ["hell", "worl", nil, "long"])
        #expect(cut.map(\.payloadTruncated) == [true, true, nil, true])
        #expect(cut.map(\.length) == [5, 5, 3, 200])
        let none = try trace("--payload", "none").events.filter { $0.event == "message" }
        #expect(none.allSatisfy { $0.payloadTruncated == true && $0.shownPayload == nil })
        #expect(try payloads(trace("--payload", "all", "--connection", "2")) == [price])
        let line = try Wstap.run([capture]).text
        #expect(line.contains("long long") && !line.contains(long))
        #expect(try Wstap.run([capture, "--payload", "all"]).text.contains(long))
    }

    @Test("--frame-payloads shows the payloads of data frames too")
    func framePayloads() throws {
        func shown(_ arguments: String...) throws -> [String] {
            let run = try Wstap.run(
                [capture, "--format", "jsonl", "--events", "frame", "--connection", "2"] + arguments)
            return try Trace(run.output).events.compactMap(\.payload)
        }
        #expect(try shown() == [])
        #expect(try shown("--frame-payloads") == [price])
    }

    @Test("-v adds numbers and states to the timeline")
    func verbose() throws {
        let plain = try Wstap.run([capture]).text
        let verbose = try Wstap.run([capture, "-v"]).text
        for words in ["ESTABLISHED", "seq 1001", "ESTABLISHED open"] {
            #expect(verbose.contains(words) && !plain.contains(words))
        }
    }
}
