import Foundation
import TestSupport
import Testing

@Suite("As a HAR file, a capture")
struct ArchiveTests {
    private static func archive(_ capture: String, _ arguments: [String] = []) throws -> Archive {
        let run = try Wstap.run([capture, "--format", "har"] + arguments)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Archive.self, from: Data(run.output))
    }

    /// Compares an archive with the trace of the same capture, and with what the endpoints logged.
    private func check(_ capture: URL, _ expectation: TestSupport.Expectation) throws {
        let archive = try Self.archive(capture.path)
        let trace = try Trace.of(capture).trace
        #expect(archive.log.version == "1.2" && archive.log.pages.map(\.id) == ["page_1"])
        let found = archive.sessions.flatMap { $0.messages ?? [] }.filter { $0.isTruncated != true }.map(\.seen)
        #expect(expectation.inventions(in: found) == [])
        #expect(expectation.omissions(in: found) == [])

        #expect(
            archive.log.entries.filter { $0.type == "other" }.map(\.response.status).sorted()
                == trace.events.filter { $0.accepted == false }.map { $0.status ?? 0 }.sorted())
        let opened = trace.connections.filter {
            $0.handshake != nil || $0.events.contains { $0.event == "message" } || !$0.frames.isEmpty
        }
        let entries = Dictionary(grouping: archive.sessions) { UInt64($0.number) ?? 0 }
        #expect(entries.values.allSatisfy { $0.count == 1 })
        #expect(Set(opened.map(\.number)).isSubset(of: entries.keys))
        for connection in trace.connections {
            guard let entry = entries[connection.number]?.first else { continue }
            try check(entry, connection)
        }
    }

    @Test("has every session, however many requests wait for the responses shown with them")
    func pending() throws {
        var packets: [TimedPacket] = []
        let request = "GET /poll HTTP/1.1\r\nHost: a\r\nCookie: \(String(repeating: "c", count: 700))\r\n\r\n"
        for number in 0..<13_000 {
            var talk = TCPConversation(from: "10.0.0.7:\(1024 + number)")
            talk.open()
            talk.send(request, from: .client)
            packets += talk.packets
        }
        var talk = TCPConversation(from: "10.0.0.7:60000")
        talk.openWebSocket()
        let folder = try ScratchFolder()
        let input = try folder.write("pending.pcap", (packets + talk.packets).pcap())
        #expect(try Self.archive(input).sessions.count == 1)
    }

    @Test("has an entry for each request that polls, as tshark shows it")
    func polling() throws {
        let capture = Repository.fixtures.appending(path: "socketio-polling-then-upgrade/capture.pcap").path
        let entries = try Self.archive(capture).log.entries.filter { $0.type == "xhr" }
        #expect(
            entries.map(\.request.url) == [
                "http://127.0.0.1:9901/socket.io/?transport=polling&EIO=4&t=1795191701.326578"
            ])
        #expect(entries.map(\.response.status) == [200])
        #expect(entries.allSatisfy { $0.messages == nil })
    }

    private func check(_ entry: Archive.Entry, _ connection: TraceConnection) throws {
        let url = connection.handshake?.url
        if let url, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) { #expect(entry.request.url == url) }
        #expect((entry.isURLUnknown == true) == (url == nil))
        #expect(entry.response.status == 101)
        #expect(entry.timings.values.allSatisfy { $0 >= 0 || $0 == -1 })
        #expect(abs(entry.timings.values.filter { $0 > 0 }.reduce(0, +) - entry.time) < 0.001)

        let messages = connection.events.filter {
            $0.event == "message" && $0.payloadWithheld == nil && $0.complete == true
        }
        .enumerated().sorted { ($0.element.broughtAt ?? 0, $0.offset) < ($1.element.broughtAt ?? 0, $1.offset) }
        .map(\.element)
        let pairs = zip(entry.messages ?? [], messages)
        #expect(pairs.allSatisfy { $1.payloadTruncated == true || $0.seen == $1.payloadSeen })
        #expect(entry.messages?.map(\.time) == messages.compactMap(\.broughtAt))

        let controls = connection.frames.filter { ($0.opcodeValue ?? 0) >= 8 }
            .enumerated().sorted { ($0.element.broughtAt ?? 0, $0.offset) < ($1.element.broughtAt ?? 0, $1.offset) }
            .map(\.element)
        #expect(entry.controls?.map(\.opcode) == controls.compactMap(\.opcodeValue))
        let shown = zip(entry.controls ?? [], controls)
        #expect(shown.allSatisfy { $1.payloadTruncated == true || $0.payload == $1.shownPayload ?? [] })
        #expect(entry.close?.verdict == connection.verdict)

        let lacking = connection.events.count { $0.event == "message" && $0.payloadWithheld != nil }
        if lacking > 0 {
            let words = try #require(entry.comment).split { !$0.isNumber }.compactMap { Int($0) }
            #expect(words.contains(lacking) || words.count > 1)
        }
    }

    @Test("has the messages that the trace has", arguments: try Fixture.all.filter { $0.expectation.exitStatus != 2 })
    func fixtures(fixture: Fixture) throws {
        try check(fixture.capture, fixture.expectation)
    }

    @Test(
        "also has those of captures next to the repository",
        .enabled(if: Repository.sharedCaptures != nil, "there is no ../shared/captures"),
        arguments: try SharedCapture.all([.plain]))
    func shared(capture: SharedCapture) throws {
        guard !["cont-empty", "cont-garbage"].contains(where: capture.name.hasPrefix) else { return }
        try check(capture.capture, capture.expectation)
    }

    @Test("is the same with and without threads, and with kinds of events left out")
    func repeatable() throws {
        let capture = try Fixture.named("rules-of-frames").capture.path
        let whole = try Wstap.run([capture, "--format", "har"]).output
        #expect(try Wstap.run([capture, "--format", "har", "--jobs", "3"]).output == whole)
        #expect(try Wstap.run([capture, "--format", "har", "--events", "message"]).output == whole)
    }
}

@Suite("A HAR file")
struct ArchiveReaderTests {
    /// Debian's har-validator (node-har-validator).
    private static let hasValidator = works(["node", "-e", "require('har-validator')"])
    private static let hasHaralyzer = works([Repository.python, "-c", "import haralyzer"])

    private static func works(_ words: [String]) -> Bool {
        (try? Command.run(words, environment: ["NODE_PATH": "/usr/share/nodejs"]).status) == 0
    }

    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    /// The archives of all fixtures with a session.
    private func archives() throws -> [String] {
        try Fixture.all.filter { $0.expectation.exitStatus != 2 }.map { fixture in
            let path = folder.path("\(fixture.name).har")
            _ = try Wstap.run([fixture.capture.path, "--format", "har", "-o", path])
            return path
        }
    }

    @Test("is valid for har-validator", .enabled(if: hasValidator, "needs node and har-validator"))
    func validator() throws {
        let files = try archives()
        let script = """
            const validate = require('har-validator'), fs = require('fs');
            (async () => {
                for (const file of process.argv.slice(1))
                    try { await validate.har(JSON.parse(fs.readFileSync(file))); }
                    catch (error) { console.log(file, JSON.stringify(error.errors || String(error))); }
            })();
            """
        let run = try Command.run(["node", "-e", script] + files, environment: ["NODE_PATH": "/usr/share/nodejs"])
        #expect(run.status == 0 && run.text == "")
    }

    @Test("is read by haralyzer", .enabled(if: hasHaralyzer, "needs Python with haralyzer"))
    func haralyzer() throws {
        let files = try archives()
        let script = """
            from json import load
            from sys import argv
            from haralyzer import HarParser
            for file in argv[1:]:
                log = load(open(file))
                entries = [entry for page in HarParser(log).pages for entry in page.entries]
                assert len(entries) == len(log["log"]["entries"]), file
                for entry in entries:
                    assert entry.port and entry.serverAddress and entry.startTime and entry.time >= 0, file
                    assert entry.request.method in ("GET", "POST") and entry.url.startswith(("ws", "http")), file
            """
        let run = try Command.run([Repository.python, "-c", script] + files)
        #expect(run.status == 0, "\(run.text)")
    }
}
