import Testing
import WebSocketProtocol
import WireFormat

@testable import CaptureAnalysis
@testable import PacketDecoding
@testable import TraceOutput

struct SummaryFormatTests {
    /// Sessions between ends with the longest addresses, and with wide characters and escapes in their URLs and
    /// reasons.
    private static let broad: [Call] = {
        var calls: [Call] = [.capture]
        let client = Endpoint(address: IPAddress(ipv6: 0x2001_0db8_85a3_08d3_1319_8a2e_0370_7348), port: 53412)
        let targets = [
            "/" + String(repeating: "房间", count: 60), "/\u{202e}\u{1b}[31m" + String(repeating: "x", count: 400),
            "/room?token=" + String(repeating: "é\u{1f600}", count: 30) + "end", "/short",
        ]
        for (index, target) in targets.enumerated() {
            let connection = UInt64(index + 1)
            calls.append(Call(5, 1130, Samples.connection(client: client), connection: connection))
            calls.append(Call(5, 1130, Samples.handshake(target: target), connection: connection))
            let reason = index == 1 ? String(repeating: "数", count: 40) : "bye bye"
            calls.append(Call(9, 4100, Samples.end(reason: reason, unansweredPings: 3), connection: connection))
            let text = "The client sent \(String(repeating: "深", count: 50)) and \u{7}."
            calls.append(Call(9, 4100, Samples.finding(text: text, rule: "a.rule-\(index)"), connection: connection))
        }
        return calls + [.summary]
    }()

    @Test func `Totals, endings, sessions and findings fit a hundred columns`() {
        let expected = #"""
            capture      a.pcap
            start        2026-11-20 17:24:00.000000 UTC
            packets      14, 1.2 kB in 5.003 s
            connections  2 TCP, 1 with WebSocket; 1 TLS
            WebSocket    7 frames, 2 messages of 180 B
            opening      TCP in 0.13 ms (median; slowest 0.13 ms, #1), upgrade answered in 0.73 ms (median;
                         slowest 0.73 ms, #1)
            findings     1 error, 0 warnings, 0 notes; 0 gaps

               #  duration  frames →  ←  payload →      ←  ping p50
               1   5.003 s         3  4       12 B  168 B   0.09 ms
                  10.0.0.7:53412 → 10.0.0.9:8080  ws://chat.example/room?id=7
                  reset by the server without a Close frame (both ends see 1006), after 0.003 s of silence, 2
                  pings unanswered
               2   5.003 s         3  4       12 B  168 B   0.09 ms
                  [::1]:40000 → 10.0.0.9:8080  ws://chat.example/admin\x1b[2J
                  upgrade refused with 403; TCP closed by the server
               3   5.003 s         3  4       12 B  168 B   0.09 ms
                  10.0.0.7:53412 → 10.0.0.9:8080
                  still open when the capture ended, after 0.001 s of silence

            findings
                 1 × error    frame.reserved-bits (RFC 6455 5.1)
                     #1, packet 7: A reserved bit is set without an extension.
                 1 × warning  close.unanswered (RFC 6455 5.1)
                     #3, packet 12: No Close came back.

            """#
        #expect(printed(Scenes.trouble, as: SummaryFormat()) == expected.replacing("      #  dur", with: "   #  dur"))
    }

    @Test func `Sessions and durations skipped in the search for patterns are counted`() {
        var summary = Summary()
        #expect(!printed([.capture, Call(9, 4100, .summary(summary))], as: SummaryFormat()).contains("skipped"))
        summary.uncomparedSessions = 3
        summary.forgottenTimes = 4549
        let page = printed([.capture, Call(9, 4100, .summary(summary))], as: SummaryFormat(options: .init(width: 200)))
        let line =
            "patterns     3 sessions skipped (too many servers), 4,549 durations skipped (too varied to group)"
        #expect(page.contains(line + "\n"))
    }

    @Test(arguments: [24, 40, 71, 80, 100, 132, 200])
    func `No line is wider than the terminal`(width: Int) {
        for scene in [Scenes.chat, Scenes.trouble, Self.broad] {
            let page = printed(scene, as: SummaryFormat(options: .init(width: width)))
            for line in page.split(separator: "\n") {
                #expect(Self.columns(of: line) <= width, "\(line)")
            }
        }
    }

    @Test func `A narrow page says the same as a wide one`() {
        let narrow = printed(Scenes.chat, as: SummaryFormat(options: .init(width: 40)))
        let expected = #"""
            sessions
            #1 5.003 s, ping 0.09 ms, → 3 frames of
              12 B, ← 4 frames of 168 B
              10.0.0.7:53412 → 10.0.0.9:8080
              ws://chat.example/room?id=7
              closed cleanly by the client, 1000
              "bye", after 5.000 s of silence

            """#
        #expect(narrow.hasSuffix("\n" + expected))
    }

    @Test func `Long addresses and URLs keep both their ends`() {
        let page = printed(Self.broad, as: SummaryFormat(options: .init(width: 40)))
        #expect(page.contains("\n  [2001:db8:85a3:8d3:…2e:370:7348]:53412\n  → 10.0.0.9:8080\n"))
        #expect(page.contains("\n  ws://chat.example/…间房间"))
        #expect(page.contains("end\n"))
        let wide = printed(Self.broad, as: SummaryFormat(options: .init(width: 200)))
        #expect(
            wide.contains("[2001:db8:85a3:8d3:1319:8a2e:370:7348]:53412 → 10.0.0.9:8080  ws://chat.example/short\n"))
    }

    @Test func `A wide terminal shows who beside the numbers`() {
        let page = printed(Scenes.chat, as: SummaryFormat(options: .init(width: 140)))
        #expect(page.contains("0.09 ms  10.0.0.7:53412 → 10.0.0.9:8080  ws://chat.example/room?id=7\n"))
    }

    @Test func `Colours change nothing but colours`() {
        let colored = printed(Scenes.trouble, as: SummaryFormat(options: .init(hasColor: true)))
        #expect(colored.contains("\u{1b}[1;31merror\u{1b}[0m"))
        #expect(colored.replacing(/\u{1b}\[[0-9;]*m/, with: "") == printed(Scenes.trouble, as: SummaryFormat()))
    }

    @Test func `Long lists are cut with a count`() {
        var calls: [Call] = []
        for number in UInt64(1)...1003 {
            calls.append(Call(number, 1, Samples.connection(opening: .midstream), connection: number))
            calls.append(Call(number, 1, Samples.finding(rule: "rule.\(number)"), connection: number))
            calls.append(Call(number, 1, Samples.end(), connection: number))
        }
        let page = printed(calls + [.summary], as: SummaryFormat())
        #expect(page.contains("\n978 more sessions not shown (troubled ones first); "))
        #expect(page.contains("\n         … and 803 of other rules\n"))
    }

    @Test func `Troubled sessions are shown first`() throws {
        var calls: [Call] = []
        for number in UInt64(1)...60 {
            calls.append(Call(number, 1, Samples.connection(opening: .midstream), connection: number))
            let reset = Samples.end(by: .server, .rst, isClean: false, code: nil, reason: nil, sees: (1006, 1006))
            calls.append(Call(number, 1, number % 20 == 0 ? reset : Samples.end(), connection: number))
        }
        let lines = printed(calls + [.summary], as: SummaryFormat()).split(separator: "\n")
        let shown = lines.filter { $0.contains("5.003 s  ") }.compactMap { $0.split(separator: " ").first }
        #expect(shown == (1...23).map { "\($0)" } + ["40", "60"])
        #expect(shown.count == SummaryFormat.shownSessions)
        let endings = try #require(lines.firstIndex(of: "endings"))
        #expect(lines[endings + 1] == "     3 × reset by the server without a Close frame (both ends see 1006)")
        #expect(lines[endings + 2] == "           10.0.0.9:8080, at 0.000 s: #20, #40, #60")
        #expect(lines[endings + 3] == "    57 × closed cleanly by the client, 1000 normal closure")
        #expect(lines[endings + 4] == "           10.0.0.9:8080, at 0.000 s: #1, #2, #3, #4, …")
    }

    @Test func `Sessions that timed out are grouped by whose segments were not answered`() {
        var calls: [Call] = []
        for number in UInt64(1)...5 {
            calls.append(Call(number, 1, Samples.connection(opening: .midstream), connection: number))
            let timeout = SessionEnd.Unanswered(
                from: number == 3 ? .client : .server, segments: 3 + number, span: Int64(number) * 1_000_000_000)
            let end = Samples.end(
                by: .network, .timeout, isClean: false, code: nil, reason: nil, sees: (nil, nil), timeout: timeout)
            calls.append(Call(number, 1, end, connection: number))
        }
        let page = printed(calls + [.summary], as: SummaryFormat())
        #expect(page.contains("     4 × timed out, segments from the server unanswered\n"))
        #expect(page.contains("     1 × timed out, segments from the client unanswered\n"))
    }

    @Test(arguments: [24, 30, 43, 60, 1000])
    func `A page on a terminal has as many sessions as there is room for beside endings and findings`(height: Int) {
        var calls: [Call] = []
        for number in UInt64(1)...60 {
            calls.append(Call(number, 1, Samples.connection(opening: .midstream), connection: number))
            let reset = Samples.end(by: .server, .rst, isClean: false, code: nil, reason: nil, sees: (1006, 1006))
            if number == 7 { calls.append(Call(number, 1, Samples.finding(rule: "a.rule"), connection: number)) }
            calls.append(Call(number, 1, number % 20 == 0 ? reset : Samples.end(), connection: number))
        }
        let page = printed(calls + [.summary], as: SummaryFormat(options: .init(height: height)))
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let shown = lines.filter { $0.contains("5.003 s  ") }.compactMap { $0.split(separator: " ").first }
        #expect(lines.contains("endings") && lines.contains("findings"))
        #expect(Set(shown).isSuperset(of: ["20", "40", "60"]))
        // The last line is for the shell's prompt.
        let room = height - 1
        switch height {
        case 24: #expect(shown.count == SummaryFormat.fewestSessions)
        case 1000: #expect(shown.count == 60)
        default: #expect(lines.count <= room && lines.count > room - 4, "\(lines.count) lines, \(shown.count) sessions")
        }
    }

    @Test func `Servers that refuse, do not answer or do without WebSocket are named`() {
        var summary = Summary()
        (summary.packets, summary.tcpConnections) = (9, 9)
        (summary.others.silent, summary.others.refused, summary.others.unanswered) = (4, 3, 1)
        var first = ServerTraffic(server: Samples.server)
        (first.sessions, first.refusedConnections, first.polling, first.eventStreams) = (7, 3, 2, 1)
        var second = ServerTraffic(server: Endpoint(address: IPAddress(ipv4: 0x0a00_000a), port: 81))
        second.unansweredConnections = 1
        var healthy = ServerTraffic(server: Endpoint(address: IPAddress(ipv4: 0x0a00_000b), port: 82))
        healthy.sessions = 5
        summary.servers = [first, healthy, second]
        let page = printed([.capture, Call(9, 1, .summary(summary), connection: 0)], as: SummaryFormat())
        #expect(page.contains("4 silent (3 refused, 1 unanswered)"))
        #expect(
            page.contains(
                "\nservers\n  10.0.0.9:8080: refused 3 connections (SYN answered by RST), 2 connections polling, 1 event stream\n"
                    + "  10.0.0.10:81: never answered the SYNs of 1 connection\n"))
    }

    @Test func `Endings are counted, most frequent first, in a bounded list`() {
        var calls: [Call] = []
        for number in UInt64(1)...300 {
            calls.append(Call(number, 1, Samples.connection(opening: .midstream), connection: number))
            let code = UInt16(4000 + (number > 200 ? number : number % 2))
            calls.append(Call(number, 1, Samples.end(code: code), connection: number))
        }
        let page = printed(calls + [.summary], as: SummaryFormat())
        let endings = page.split(separator: "\n").drop { $0 != "endings" }.dropFirst().filter { $0.contains(" × ") }
        #expect(endings.first?.hasPrefix("   100 × closed by the client, answered, 4001 private use") == true)
        #expect(endings.count == 1 + EndingTable.maximumGroups)
        #expect(endings.last == "     2 × others")
    }

    @Test func `Endings are listed by server and path, with their times`() {
        var calls: [Call] = []
        for number in UInt64(1)...12 {
            let target = number < 7 ? "/room?id=\(number)" : "/rare/\(number)"
            calls.append(Call(number, 1, Samples.connection(), connection: number))
            calls.append(Call(number, 2, Samples.handshake(target: target), connection: number))
            calls.append(
                Call(number, Int64(number) * 1_000_000, Samples.end(code: 1011, sees: (1011, 1011)), connection: number)
            )
        }
        let page = printed(calls + [.summary], as: SummaryFormat())
        let expected = """

            endings
                12 × closed by the client, answered, 1011 internal error
                       10.0.0.9:8080/room (6), 1.000 s to 6.000 s: #1, #2, #3, #4, …
                       10.0.0.9:8080/rare/7 (1), at 7.000 s: #7
                       10.0.0.9:8080/rare/8 (1), at 8.000 s: #8
                       10.0.0.9:8080/rare/9 (1), at 9.000 s: #9
                       3 at other servers and paths

            """
        #expect(page.contains(expected))
    }

    @Test func `Refused upgrades are one group, whoever closed TCP`() {
        var calls: [Call] = []
        for number in UInt64(1)...9 {
            let by: SessionEnd.Verdict.Party = number < 4 ? .client : .server
            calls += [
                Call(number, 1, Samples.connection(), connection: number),
                Call(number, 2, Samples.handshake(status: number == 9 ? 401 : 403), connection: number),
                Call(
                    number, 3, Samples.end(by: by, number < 3 ? .rst : .fin, isClean: false, code: nil, reason: nil),
                    connection: number),
            ]
        }
        let page = printed(calls + [.summary], as: SummaryFormat())
        #expect(page.contains("     8 × upgrade refused with 403\n"))
        #expect(page.contains("     1 × upgrade refused with 401\n"))
        let report = printed(calls + [.summary], as: HTMLFormat())
        #expect(report.contains("<b>8</b> × upgrade refused with 403</a>\n<ul>"))
        #expect(report.contains("<b>1</b> × upgrade refused with 401</a>\n<ul>"))
    }

    @Test(arguments: [(1000, "closed cleanly"), (1001, "closed cleanly"), (1011, "closed"), (4403, "closed")])
    func `Only ordinary codes close a session cleanly`(code: UInt16, words: String) {
        let page = printed(
            [Call(1, 1, Samples.connection(opening: .midstream)), Call(2, 2, Samples.end(code: code)), .summary],
            as: SummaryFormat())
        #expect(page.contains("      \(words) by the client, \(words == "closed" ? "answered, " : "")\(code) "))
    }

    @Test func `The legs of a proxied session name each other`() {
        func page(_ legs: [[UInt64]], isTranslated: Bool = false) -> String {
            var summary = Summary()
            summary.proxiedSessions = legs.map { ProxiedSession(connections: $0, isTranslated: isTranslated) }
            let calls = (UInt64(1)...4).flatMap { number in
                [
                    Call(1, 1, Samples.connection(), connection: number),
                    Call(2, 2, Samples.end(), connection: number),
                ]
            }
            return printed(calls + [Call(3, 3, .summary(summary), connection: 0)], as: SummaryFormat())
        }
        let lines = page([[2, 1, 4]]).split(separator: "\n").map { $0.drop { $0 == " " } }
        let others = lines.filter { $0.hasPrefix("the same through a proxy: ") }.map { $0.dropFirst(26) }
        #expect(others == ["#2, #4", "#1, #4", "#2, #1"])
        #expect(!page([]).contains("proxy"))
        #expect(page([[1, 2]], isTranslated: true).contains("      the same with translated addresses (NAT): #2\n"))
    }

    @Test func `Findings are grouped by rule, with the worst severity and the first finding`() {
        let calls = [
            Call(1, 1, Samples.finding(.note, text: "First.")), Call(2, 2, Samples.finding(.warning, text: "Second.")),
            .summary,
        ]
        let page = printed(calls, as: SummaryFormat())
        #expect(
            page.contains(
                "     2 × warning  masking.client-unmasked (RFC 6455 5.1)\n         first #1, packet 1: First.\n"))
    }

    @Test func `Opening times are sampled for the median, but the slowest is always named`() throws {
        guard case .connection(var start) = Samples.connection() else { throw NoSample() }
        var times = OpeningTimes()
        for number in UInt64(1)...4096 { times.record(start, session: SessionID(connection: number)) }
        for number in UInt64(5000)...20_000 {
            start.tcp.synAck = .init(
                packet: 2, time: Samples.time(900_000), sequence: 5000, acknowledgment: 1001)
            start.tcp.ack = .init(
                packet: 3, time: Samples.time(1_000_000), sequence: 1001, acknowledgment: 5001)
            times.record(start, session: SessionID(connection: number))
        }
        #expect(times.message == "TCP in 0.13 ms (median; slowest 1.000 s, #5000)")
    }

    @Test func `Open sessions beyond 65,536 are counted but not followed`() throws {
        guard case .connection(let start) = Samples.connection(), case .end(let end) = Samples.end() else {
            throw NoSample()
        }
        var table = SessionTable(maximumRows: 2)
        let bound = UInt64(SessionTable.maximumOpen)
        for number in 1...bound + 10 { table.begin(start, session: SessionID(connection: number)) }
        #expect(table.row(of: .init(connection: bound)) != nil && table.row(of: .init(connection: bound + 1)) == nil)
        for number in bound - 2...bound + 10 { table.end(end, session: SessionID(connection: number)) }
        #expect(table.rows.map(\.session.connection) == [bound - 2, bound - 1])
        #expect(table.count == bound + 10 && table.omitted == bound + 8)
    }

    @Test func `A URL is kept up to 300 bytes`() throws {
        for (length, isCut) in [(300, false), (301, true)] {
            guard case .connection(let start) = Samples.connection() else { throw NoSample() }
            let fixed = "ws://chat.example/".utf8.count
            let target = "/" + String(repeating: "x", count: length - fixed)
            guard case .handshake(let handshake) = Samples.handshake(target: target) else { throw NoSample() }
            let session = SessionID(connection: 1)
            var table = SessionTable(maximumRows: 1)
            table.begin(start, session: session)
            table.record(handshake, session: session)
            let row = try #require(table.row(of: session))
            #expect(row.url.hasSuffix("…") == isCut)
            #expect(row.url.utf8.count == (isCut ? 300 + "…".utf8.count : 300))
        }
    }

    @Test func `Standard input is named`() {
        let start = CaptureStart(sources: ["-", "b.pcap"])
        let page = printed([Call(0, 0, .capture(start), connection: 0), .summary], as: SummaryFormat())
        #expect(page.hasPrefix("capture      standard input, b.pcap\n"))
    }

    @Test func `Many sources are counted`() {
        let start = CaptureStart(sources: (1...9).map { "rotated-\($0).pcap" })
        let page = printed([Call(0, 0, .capture(start), connection: 0), .summary], as: SummaryFormat())
        #expect(page.hasPrefix("capture      rotated-1.pcap, rotated-2.pcap, rotated-3.pcap and 6 more\n"))
    }

    private struct NoSample: Error {}

    /// The columns that a line takes on a terminal, by Unicode's own widths for the characters in these tests.
    private static func columns(of line: some StringProtocol) -> Int {
        line.unicodeScalars.reduce(0) { $0 + (("一"..."龥").contains(String($1)) || $1.value >= 0x1f300 ? 2 : 1) }
    }
}
