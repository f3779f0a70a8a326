import Foundation
import GeneratedCaptures
import TestSupport
import Testing

/// A capture to cut into parts.
struct CutSource: Sendable, CustomStringConvertible {
    let description: String
    let path: String
    var keyLog: String?

    /// All fixtures, and shared captures where they exist, except those whose findings concern all connections
    /// together.
    static let all: [CutSource] = {
        let bounds = ["rules-of-bounds", "rules-of-connections"]
        let fixtures = ((try? Fixture.all) ?? []).filter { !bounds.contains($0.name) }
        let shared = (try? SharedCapture.all()) ?? []
        return fixtures.map { CutSource(description: $0.name, path: $0.capture.path) }
            + shared.map { CutSource(description: $0.name, path: $0.capture.path, keyLog: $0.keyLog?.path) }
    }()

    /// The captures split into shards, each of which takes several runs.
    static let dealt = all.filter { source in
        ["craft-", "cont-", "tls-", "net-"].contains { source.description.hasPrefix($0) }
            || source.path.hasPrefix(Repository.fixtures.path)
    }

    /// The arguments that name the key log.
    var secrets: [String] { keyLog.map { ["--keylog", $0] } ?? [] }
}

/// The events of sessions in a trace, in a form that can be compared with another run: without connection numbers.
struct SessionEvents {
    /// Each line without numbers, and how often it occurs.
    private(set) var lines: [Substring: Int] = [:]

    /// - Parameters:
    ///   - paths: The captures to read, together.
    ///   - arguments: Further arguments of the command line.
    ///   - hasPacketNumbers: Whether packets have the same numbers in both runs.
    /// - Throws: If the program cannot be run.
    init(_ paths: [String], _ arguments: [String], hasPacketNumbers: Bool = true) throws {
        let trace = String(decoding: try Wstap.run(paths + ["--format", "jsonl"] + arguments).output, as: UTF8.self)
        // A closed window is reported as "from packet 7 to 9". In a payload, quotes are preceded by backslashes, and
        // what looks like a name may be longer than ICU's look-behind.
        let numbers = try NSRegularExpression(
            pattern: hasPacketNumbers
                ? #""connection":\d+"#
                : #""connection":\d+|"\w{0,20}packet":\d+|"fin_packets":\[[\d,]*\]|(?<=from packet )\d+ to \d+"#)
        let range = NSRange(location: 0, length: trace.utf16.count)
        let text = numbers.stringByReplacingMatches(in: trace, range: range, withTemplate: "")
        for line in text.split(separator: "\n") {
            guard !["capture", "summary"].contains(where: { line.hasPrefix(#"{"event":"\#($0)","#) }) else { continue }
            lines[line, default: 0] += 1
        }
    }

    /// Adds the events of another run.
    mutating func add(_ other: SessionEvents) {
        lines.merge(other.lines, uniquingKeysWith: +)
    }

    /// A few of the lines that only this run has.
    func beyond(_ other: SessionEvents) -> [String] {
        lines.filter { other.lines[$0.key] != $0.value }.keys.sorted().prefix(3).map { String($0.prefix(300)) }
    }
}

@Suite("Packets cut from a capture")
struct CutTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    @Test("give the same sessions as the capture", arguments: CutSource.all)
    func sessions(source: CutSource) throws {
        // Without its ClientHello, a session's secrets cannot be found.
        guard source.description != "tls-midstart-a" else { return }
        let expected = try SessionEvents([source.path], source.secrets, hasPacketNumbers: false)
        guard !expected.lines.isEmpty else { return }
        let path = folder.path("cut.pcapng")
        let run = try Wstap.run(["cut", source.path, "-o", path, "--write-secrets"] + source.secrets)
        #expect(run.status <= 1 && run.output.isEmpty, "\(run.errors)")
        let events = try SessionEvents([path], [], hasPacketNumbers: false)
        #expect(events.beyond(expected) == [] && expected.beyond(events) == [])
    }

    @Test("are split so that files read one by one, or together, give the same events", arguments: CutSource.dealt)
    func shards(source: CutSource) throws {
        let expected = try SessionEvents([source.path], source.secrets)
        guard !expected.lines.isEmpty else { return }
        try expectShards(of: source.path, 2, expected, source.secrets)
    }

    private func expectShards(
        of path: String, _ count: Int, _ expected: SessionEvents, _ secrets: [String] = [], _ options: [String] = []
    ) throws {
        let shards = folder.path("shards-\(count)-\(options.count)")
        let run = try Wstap.run(["cut", path, "--shards", "\(count)", "-o", shards] + options)
        #expect(run.status <= 1 && run.output.isEmpty, "\(run.errors)")
        let files = try FileManager.default.contentsOfDirectory(atPath: shards).sorted().map { "\(shards)/\($0)" }
        #expect(files.count == count)
        var apart = try SessionEvents([files[0]], secrets)
        for file in files.dropFirst() { apart.add(try SessionEvents([file], secrets)) }
        #expect(apart.beyond(expected) == [] && expected.beyond(apart) == [])
        let together = try SessionEvents(files, secrets)
        #expect(together.beyond(expected) == [] && expected.beyond(together) == [])
    }

    @Test(
        "without connections that are certainly something else, give the same events",
        arguments: CutSource.dealt.filter { !$0.description.hasPrefix("tls-") })
    func withoutOthers(source: CutSource) throws {
        let expected = try SessionEvents([source.path], source.secrets)
        let shards = folder.path("shards")
        let run = try Wstap.run(["cut", source.path, "--shards", "2", "--websocket-only", "-o", shards])
        #expect(run.status <= 2 && run.output.isEmpty, "\(run.errors)")
        guard run.status < 2 else { return }
        let events = try SessionEvents(["\(shards)/shard-0.pcapng", "\(shards)/shard-1.pcapng"], source.secrets)
        #expect(events.beyond(expected) == [] && expected.beyond(events) == [])
    }

    @Test("without connections that are certainly something else, keep those in doubt")
    func doubts() throws {
        /// A connection in which each end sends something; `isEnded`: whether it ends in the capture.
        func talk(_ port: Int, _ client: String, _ server: String, isEnded: Bool = true) -> [TimedPacket] {
            var talk = TCPConversation(from: "10.0.0.7:\(port)")
            talk.open()
            talk.send(client, from: .client)
            talk.send(server, from: .server)
            guard isEnded else { return talk.packets }
            talk.finish(from: .client)
            talk.finish(from: .server)
            talk.acknowledge(from: .client)
            return talk.packets
        }
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        let hello = "\u{16}\u{3}\u{1}\u{0}\u{4}\u{1}\u{0}\u{0}\u{0}"
        let packets: [(isKept: Bool, packets: [TimedPacket])] = [
            // HTTP without an upgrade; an upgrade that may still come; one that may have come before.
            (false, talk(1, request, response)), (true, talk(2, request, response, isEnded: false)),
            (true, Array(talk(3, request, response).dropFirst(4))),
            // No known protocol, known early; TLS; nothing at all.
            (false, talk(4, String(repeating: "\u{1}\u{7f}", count: 4000), "\u{2}", isEnded: false)),
            (true, talk(5, hello, hello)), (false, talk(6, "", "")),
            (true, TCPConversation.chat.packets),
        ]
        let path = try folder.write("all.pcap", packets.flatMap(\.packets).pcap())
        let shards = folder.path("shards")
        let run = try Wstap.run(["cut", path, "--shards", "1", "--websocket-only", "-o", shards])
        let count = packets.filter(\.isKept).map(\.packets.count).reduce(0, +)
        let others = "3 connections that are not WebSocket are left out"
        #expect(run.errors == "wstap: \(count) packets written to 1 files in \(shards); \(others)\n")
        #expect(run.status == 0)
    }

    @Test(
        "without others, are split from a pipe as from a file",
        arguments: [[], ["--verdict", "rst"], ["--path", "/none"]])
    func dealtFromPipe(filters: [String]) throws {
        let timers = try Fixture.named("timers").capture.path
        func deal(_ name: String, _ words: [String], input: String = "/dev/null") throws -> (
            files: [Data], messages: String
        ) {
            let shards = folder.path(name)
            let run = try Wstap.run(
                ["cut"] + words + ["--shards", "3", "--websocket-only", "-o", shards] + filters, input: input)
            #expect(run.status == 0)
            let names = try FileManager.default.contentsOfDirectory(atPath: shards).sorted()
            return (
                try names.map { try Data(contentsOf: URL(filePath: "\(shards)/\($0)")) },
                run.errors.replacing(shards, with: "")
            )
        }
        let (file, pipe) = (try deal("file", [timers]), try deal("pipe", ["-"], input: timers))
        #expect(file.files.count == 3 && file.files == pipe.files && file.messages == pipe.messages)
        #expect((filters.last == "/none") == file.messages.contains("wstap: 0 packets written"))
    }

    @Test("without others, include those of the requested sessions, in any number of files", arguments: [1, 3])
    func dealtByFilter(count: Int) throws {
        let timers = try Fixture.named("timers").capture.path
        let shards = folder.path("shards")
        let run = try Wstap.run(
            ["cut", timers, "--shards", "\(count)", "--websocket-only", "--verdict", "rst", "-o", shards])
        #expect(run.status == 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: shards).sorted().map { "\(shards)/\($0)" }
        // Five of the six sessions were reset; the sixth is on another connection.
        let all = try Wstap.run([timers, "--format", "jsonl", "--events", "end"]).lines
        let kept = try Wstap.run(files + ["--format", "jsonl", "--events", "end"]).lines
        #expect(all.count == 6 && kept.count == 5)
        let packets = try Wstap.run(["cut", timers, "--verdict", "rst", "-o", folder.path("cut.pcapng")]).errors
        let number = try #require(packets.split(separator: " ").dropFirst().first)
        #expect(run.errors.contains("wstap: \(number) packets written"))
    }

    @Test("of a generated mixed capture are split into any number of files", arguments: [1, 16])
    func generated(count: Int) throws {
        var bytes: [UInt8] = []
        _ = GeneratedCapture(.mixed.scaled(by: 0.01), seed: 20).write { bytes += $0 }
        let path = try folder.write("mixed.pcap", bytes)
        let expected = try SessionEvents([path], [])
        #expect(expected.lines.count > 500)
        try expectShards(of: path, count, expected)
        try expectShards(of: path, count, expected, [], ["--websocket-only"])
    }

    @Test("of the files of a rotated set, split one by one, are shards of the set")
    func rotated() throws {
        var bytes: [UInt8] = []
        _ = GeneratedCapture(.mixed.scaled(by: 0.01), seed: 20).write { bytes += $0 }
        var cuts = [24]
        var position = 24
        while position + 16 <= bytes.count {
            let length = (8..<12).reversed().reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
            position += 16 + length
            if position - cuts[cuts.count - 1] > bytes.count / 7 || position >= bytes.count { cuts.append(position) }
        }
        let files = try zip(cuts, cuts.dropFirst()).enumerated().map { place, range in
            try folder.write("\(place).pcap", bytes[..<24] + bytes[range.0..<range.1])
        }
        #expect(files.count >= 6)
        let expected = try SessionEvents(files, [])
        var fragments: [[String]] = [[], [], []]
        for (place, file) in files.enumerated() {
            let shards = folder.path("fragments-\(place)")
            #expect(try Wstap.run(["cut", file, "--shards", "3", "-o", shards]).status == 0)
            for shard in 0..<3 { fragments[shard].append("\(shards)/shard-\(shard).pcapng") }
        }
        // In any order of names.
        var apart = try SessionEvents(fragments[0].reversed(), [])
        for shard in 1..<3 { apart.add(try SessionEvents(fragments[shard], [])) }
        #expect(apart.beyond(expected) == [] && expected.beyond(apart) == [])
        let together = try SessionEvents(Array(fragments.joined()), [])
        #expect(together.beyond(expected) == [] && expected.beyond(together) == [])
    }

    @Test(
        "say whether they have secrets, so that nobody searches files without",
        arguments: [("chat", "none"), ("go", "some"), ("firefox", "some")])
    func secrets(fixture: String, word: String) throws {
        let path = try Fixture.named(fixture).capture.path
        let shards = folder.path("shards")
        #expect(try Wstap.run(["cut", path, "--shards", "2", "-o", shards]).status == 0)
        for name in ["shard-0.pcapng", "shard-1.pcapng"] {
            let bytes = try Data(contentsOf: URL(filePath: "\(shards)/\(name)"))
            let head = String(decoding: bytes.prefix(300), as: UTF8.self)
            #expect(head.contains("numbers kept, secrets \(word)"))
            // A secrets block's type (draft-ietf-opsawg-pcapng, section 4.7).
            #expect((bytes.range(of: Data("KSLT".utf8)) != nil) == (word == "some"))
        }
        for words in [[], ["--write-secrets"]] {
            let cut = folder.path("cut\(words.count).pcapng")
            #expect(try Wstap.run(["cut", path, "-o", cut] + words).status == 0)
            let bytes = try Data(contentsOf: URL(filePath: cut))
            let head = String(decoding: bytes.prefix(300), as: UTF8.self)
            #expect(head.contains("secrets none") == words.isEmpty)
            #expect((bytes.range(of: Data("KSLT".utf8)) != nil) == (word == "some" && !words.isEmpty))
        }
    }

    @Test("are those of the requested sessions, with a comment on why they ended")
    func filters() throws {
        let timers = try Fixture.named("timers").capture.path
        let path = folder.path("cut.pcapng")
        let run = try Wstap.run(["cut", timers, "--verdict", "timeout", "-o", path])
        #expect(run.status == 0)
        let file = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(file.contains("ws://10.99.0.2:9000/keep-alive; timed out, 4 segments from the server unanswered"))
        let ends = try Wstap.run([path, "--format", "jsonl", "--events", "end"]).lines
        #expect(ends.count == 1)
        for (words, count) in [
            (["--connection", "2,3"], 2), (["--path", "/idle"], 5), (["--verdict", "rst"], 5), (["--after", "8"], 1),
            (["--before", "0.001"], 1), (["--before", "2026-11-20T21:09:57Z"], 5), (["--finding", "masking.*"], 0),
            (["--verdict", "1006"], 6), (["--verdict", "clean"], 0), (["--host", "10.99.*"], 6),
        ] {
            #expect(try Wstap.run(["cut", timers, "-o", path] + words).status == 0)
            let ends = try Wstap.run([path, "--format", "jsonl", "--events", "end"]).lines
            #expect(ends.count == count, "\(words)")
        }
    }

    @Test("keep everything readable of a damaged input, with status 1")
    func cutShort() throws {
        let chat = try [UInt8](Data(contentsOf: Fixture.named("chat").capture))
        let path = try folder.write("short.pcap", chat.dropLast(20))
        let output = folder.path("cut.pcapng")
        let run = try Wstap.run(["cut", path, "-o", output])
        #expect(run.status == 1 && run.errors.contains("cut short"))
        #expect(run.errors.components(separatedBy: "cut short").count == 2)
        #expect(try Wstap.run([output]).status == 0)
    }

    @Test("are never half a file: nothing is written if nothing can be read")
    func nothing() throws {
        let noise = try Fixture.named("noise-file").capture.path
        #expect(try Wstap.run(["cut", noise, "-o", folder.path("cut.pcapng")]).status == 2)
        #expect(try Wstap.run(["cut", noise, "--shards", "2", "-o", folder.path("shards")]).status == 2)
        let unreadable = ["--shards", "2", "--websocket-only", "--verdict", "rst"]
        #expect(try Wstap.run(["cut", noise, "-o", folder.path("shards")] + unreadable).status == 2)
        let missing = folder.path("missing.pcap")
        #expect(try Wstap.run(["cut", missing, "--shards", "2", "-o", folder.path("shards")]).status == 2)
        #expect(try Wstap.run(["extract", missing, "-o", folder.path("messages")]).status == 2)
        let chat = try Fixture.named("chat").capture.path
        for words in [["--shards", "2"], ["--shards", "2", "--websocket-only"]] {
            #expect(try Wstap.run(["cut", noise, "-o", folder.path("shards")] + words).status == 2)
            let filtered = ["cut", chat, "-f", "notcp(", "-o", folder.path("shards")] + words
            #expect(try Wstap.run(filtered).status == 64)
        }
        #expect(try folder.names.isEmpty)
    }

    @Test("cannot be taken from a pipe, nor go to an input or a folder that is not empty")
    func refusals() throws {
        let chat = try Fixture.named("chat").capture.path
        let pipe = try Wstap.run(["cut", "-", "-o", folder.path("cut.pcapng")], input: chat)
        #expect(pipe.status == 64 && pipe.errors.contains("reads its input more than once"))
        #expect(try Wstap.run(["cut", "-", "--shards", "2", "-o", folder.path("shards")], input: chat).status == 0)
        #expect(try Wstap.run(["cut", chat, "--shards", "2", "-o", folder.path("shards")]).status == 2)
        let copy = try folder.write("copy.pcap", [UInt8](Data(contentsOf: URL(filePath: chat))))
        #expect(try Wstap.run(["cut", copy, "-o", copy]).status == 64)
        // Nor to a key log.
        let keys = try folder.write("keys.log", Array("# keys\n".utf8))
        for words in [["cut", chat], [chat], [chat, "--format", "html"]] {
            let run = try Wstap.run(words + ["--keylog", keys, "-o", keys])
            #expect(run.status == 64 && run.errors.contains("which is a key log"), "\(run.errors)")
        }
        #expect(try [UInt8](Data(contentsOf: URL(filePath: keys))) == Array("# keys\n".utf8))
        // Nor is what a command writes beside its output.
        let (other, both) = (folder.path("other"), folder.path("both"))
        for words in [
            ["redact", copy, "-o", other, "--report", copy], ["redact", copy, "-o", both, "--report", both],
            [copy, "--format", "sqlite", "-o", other, "--payload-file", copy],
            [copy, "--format", "sqlite", "-o", both, "--payload-file", both],
        ] {
            #expect(try Wstap.run(words).status == 64, "\(words)")
        }
        #expect(try Data(contentsOf: URL(filePath: copy)) == Data(contentsOf: URL(filePath: chat)))
    }

    @Test(
        "are not split into shards with options that would do nothing",
        arguments: [
            ["--write-secrets"], ["--keylog", "keys.log"], ["--host", "a"], ["--write-secrets", "--websocket-only"],
        ])
    func uselessOptions(words: [String]) throws {
        let chat = try Fixture.named("chat").capture.path
        let run = try Wstap.run(["cut", chat, "--shards", "2", "-o", folder.path("shards")] + words)
        #expect(run.status == 64 && run.errors.contains("--shards"))
        #expect(try folder.names.isEmpty)
    }
}
