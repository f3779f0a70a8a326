import Foundation
import Testing

/// The built program, asked over real sockets.
@Suite(.serialized) struct WebProgramTests {
    @Test func `The page comes with a policy, and nothing of it is kept or framed elsewhere`() throws {
        let server = try WebProgram()
        let response = try server.request()
        #expect(try response.status() == 200)
        for field in [
            "content-security-policy: default-src 'none'; script-src 'sha256-", "connect-src 'self'",
            "frame-ancestors 'none'", "cache-control: no-store", "x-content-type-options: nosniff",
            "referrer-policy: no-referrer", "cross-origin-resource-policy: same-origin",
        ] {
            #expect(response.head.lowercased().contains(field), "\(response.head)")
        }
        #expect(!response.head.lowercased().contains("access-control-allow"))
        let page = try response.body()
        #expect(
            page.hasPrefix("<!doctype html>") && page.contains("<h1>Live capture</h1>")
                && page.contains("id=\"messages\""))
    }

    @Test func `The help is shown, though other options may be for wstap live`() throws {
        for option in ["--help", "-h"] {
            let program = Process()
            let output = Pipe()
            program.executableURL = URL(filePath: WebProgram.path)
            program.arguments = [option]
            program.standardOutput = output
            try program.run()
            let text = try output.fileHandleForReading.readToEnd().map { String(decoding: $0, as: UTF8.self) } ?? ""
            program.waitUntilExit()
            #expect(program.terminationStatus == 0 && text.contains("--bind <address>"))
        }
    }

    @Test func `Only those who know the token are let in, by the right name, from the page itself, and only to read`()
        throws
    {
        let server = try WebProgram()
        let (port, page, events) = (server.port, "/\(server.token)/", "/\(server.token)/events")
        let other = String(server.token.reversed())
        let cases: [(method: String, path: String, host: String, fields: [String], status: Int)] = [
            ("GET", page, "127.0.0.1:\(port)", [], 200),
            ("GET", page, "localhost:\(port)", [], 200),
            ("GET", page, "LOCALHOST:\(port)", ["Origin: http://localhost:\(port)"], 200),
            (
                "GET", events, "127.0.0.1:\(port)",
                ["Origin: http://127.0.0.1:\(port)", "Sec-Fetch-Site: same-origin"], 200
            ),
            ("GET", page, "127.0.0.1:\(port)", ["Sec-Fetch-Site: none"], 200),
            // The token.
            ("GET", "/", "127.0.0.1:\(port)", [], 403),
            ("GET", "/events", "127.0.0.1:\(port)", [], 403),
            ("GET", "/\(other)/", "127.0.0.1:\(port)", [], 403),
            ("GET", "/\(server.token)x/", "127.0.0.1:\(port)", [], 403),
            ("GET", "/\(server.token.dropLast())/", "127.0.0.1:\(port)", [], 403),
            ("GET", "/?\(server.token)", "127.0.0.1:\(port)", [], 403),
            ("GET", "//\(server.token)/", "127.0.0.1:\(port)", [], 403),
            // The Host: a name that was made to point here.
            ("GET", page, "rebound.example:\(port)", [], 403),
            ("GET", events, "rebound.example", [], 403),
            ("GET", page, "127.0.0.1", [], 403),
            ("GET", page, "127.0.0.1:1", [], 403),
            ("GET", page, "127.0.0.2:\(port)", [], 403),
            // The Origin.
            ("GET", events, "127.0.0.1:\(port)", ["Origin: http://evil.example"], 403),
            ("GET", events, "127.0.0.1:\(port)", ["Origin: null"], 403),
            ("GET", events, "127.0.0.1:\(port)", ["Origin: https://127.0.0.1:\(port)"], 403),
            ("GET", events, "127.0.0.1:\(port)", ["Origin: http://127.0.0.1:1"], 403),
            ("GET", page, "127.0.0.1:\(port)", ["Sec-Fetch-Site: cross-site"], 403),
            ("GET", events, "127.0.0.1:\(port)", ["Sec-Fetch-Site: same-site"], 403),
            // The method.
            ("POST", page, "127.0.0.1:\(port)", ["Content-Length: 0"], 405),
            ("HEAD", page, "127.0.0.1:\(port)", [], 405),
            ("OPTIONS", page, "127.0.0.1:\(port)", [], 405),
            ("DELETE", events, "127.0.0.1:\(port)", [], 405),
            // Several hosts (RFC 9112 3.2).
            ("GET", page, "127.0.0.1:\(port)", ["Host: rebound.example"], 400),
            ("GET", page, "127.0.0.1:\(port)", ["Host: 127.0.0.1:\(port)"], 400),
            // What there is not.
            ("GET", page + "other", "127.0.0.1:\(port)", [], 404),
        ]
        for row in cases {
            let response = try server.request(row.path, method: row.method, host: row.host, fields: row.fields)
            #expect(try response.status() == row.status, "\(row)")
            if row.status != 200 {
                #expect(!response.head.contains(server.token))
            }
        }
        // HTTP/1.0 without a Host.
        let old = try HTTPConnection(port: port)
        try old.send("GET \(page) HTTP/1.0\r\n\r\n")
        #expect(try old.status() == 403)
    }

    @Test func `A random token has 128 bits, and is another one each time`() throws {
        let tokens = try (0..<3).map { _ in try WebProgram(environment: [:]).token }
        #expect(Set(tokens).count == 3 && tokens.allSatisfy { $0.utf8.count == 22 }, "\(tokens)")
    }

    @Test func `Events are the lines of the trace as they are, batched, with totals after them`() throws {
        let server = try WebProgram()
        try server.feed(SampleTrace.head + SampleTrace.message(1) + SampleTrace.message(2))
        let events = try server.request("/\(server.token)/events")
        #expect(try events.status() == 200)
        #expect(events.head.lowercased().contains("content-type: application/x-ndjson"))
        var lines = try events.lines { $0.contains("\"next\":2") }
        #expect(lines.first?.hasPrefix(#"{"event":"server","run":""#) == true)
        #expect(
            lines.contains(String(SampleTrace.head.dropLast()))
                && lines.contains(String(SampleTrace.message(2).dropLast())))
        for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        // What comes later follows on the same response, once.
        try server.feed(SampleTrace.message(3))
        try server.endInput()
        lines = try events.lines { $0.contains("\"ended\":true") }
        #expect(lines.filter { $0.contains("\"message\"") } == [String(SampleTrace.message(3).dropLast())])
        // Who comes back asks for the rest only.
        let run = try #require(events.head.isEmpty ? nil : lines.last)
        #expect(run.contains("\"lines\":3"))
    }

    @Test func `A reader that does not read holds up nobody, and learns what it missed`() throws {
        let server = try WebProgram()
        let slow = try server.request("/\(server.token)/events")
        try server.feed(SampleTrace.head)
        #expect(try slow.status() == 200)
        // 120 MB go in, more than any buffer and the ring hold, while nobody takes anything out.
        let (count, padding) = (120, 1_000_000)
        let start = ContinuousClock.now
        for number in 1...count { try server.feed(SampleTrace.message(number, padding: padding)) }
        let other = try server.request("/\(server.token)/events?after=\(count)")
        #expect(try other.status() == 200)
        let last = try other.lines { $0.contains("\"lines\":\(count),") }
        #expect(last.contains { $0.contains("\"dropped\"") })
        #expect(ContinuousClock.now - start < .seconds(60))
        let seen = try slow.lines { $0.contains("\"next\":\(count),") }
        let messages = seen.count { $0.hasPrefix(#"{"event":"message""#) }
        let dropped = seen.compactMap { $0.firstMatch(of: /"dropped","lines":([0-9]+)/).flatMap { Int($0.1) } }.reduce(
            0, +)
        #expect(messages + dropped == count && dropped > 0 && messages > 0, "\(messages) and \(dropped)")
    }

    @Test func `After a restart, another run begins from its first event, whatever is asked for`() throws {
        let first = try WebProgram()
        try first.feed(SampleTrace.head + SampleTrace.message(1) + SampleTrace.message(2))
        let port = first.port
        let before = try first.request("/\(first.token)/events")
        #expect(try before.status() == 200)
        let run = try #require(before.lines { $0.contains("\"next\":2") }[0].firstMatch(of: /"run":"([^"]+)"/)?.1)
        let same = try first.request("/\(first.token)/events?after=1&run=\(run)")
        #expect(try same.status() == 200)
        #expect(try same.lines { $0.contains("\"next\":2") }.count { $0.contains("\"message\"") } == 1)
        first.kill()
        let second = try WebProgram(port: port)
        #expect(second.port == port)
        try second.feed(SampleTrace.head + SampleTrace.message(7))
        let after = try second.request("/\(second.token)/events?after=2&run=\(run)")
        #expect(try after.status() == 200)
        let lines = try after.lines { $0.contains("\"next\":1") }
        #expect(!lines[0].contains(run) && lines.contains(String(SampleTrace.message(7).dropLast())))
    }

    @Test func `What is no trace ends it`() throws {
        let server = try WebProgram()
        try server.feed("Hello\n")
        #expect(server.status() == 65)
    }

    @Test(
        arguments: [
            (["--bind", "0.0.0.0"], [:]), (["--token", "short"], [:]), (["--token", "with spaces and such"], [:]),
            (["read", "x.pcap"], [:]), (["live", "-i", "lo", "-Z", "root"], [:]),
            (["live", "-pZ", "root", "-i", "lo"], [:]), (["live", "--user=root", "-i", "lo"], [:]),
        ] as [([String], [String: String])]) func `Options that make no sense, or let strangers in, are refused`(
            arguments: [String], environment: [String: String]
        ) throws
    {
        let server = try WebProgram(arguments, environment: environment)
        #expect(server.status() == 64)
        #expect(server.port == 0)
    }

    @Test func `Other addresses need a token, and it says what they expose`() throws {
        let server = try WebProgram(["--bind", "0.0.0.0", "--name", "box.example"])
        #expect(server.said.contains("not encrypted"))
        for (host, status) in [("127.0.0.1", 200), ("box.example", 200), ("other.example", 403)] {
            #expect(try server.request(host: "\(host):\(server.port)").status() == status, "\(host)")
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/net/if_inet6"), "needs IPv6 of Linux"))
    func `An address of IPv4 is its own on a socket of IPv6 as well`() throws {
        let server = try WebProgram(["--bind", "::"])
        for (host, status) in [("127.0.0.1", 200), ("localhost", 200), ("[::ffff:127.0.0.1]", 403)] {
            #expect(try server.request(host: "\(host):\(server.port)").status() == status, "\(host)")
        }
    }

    @Test func `It runs wstap live, and ends it`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "wstap-web-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (program, told) = (folder.appending(path: "wstap"), folder.appending(path: "told"))
        try """
        #!/bin/sh
        echo "$$ $*" >\(told.path)
        printf '%s' '\(SampleTrace.head)'
        # As wstap live does.
        [ "$(id -u)" != 0 ] || exec setpriv --reuid 65534 --clear-groups sleep 60
        exec sleep 60
        """.write(to: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        let server = try WebProgram(["--wstap", program.path, "live", "-i", "lo", "tcp port 80"])
        let events = try server.request("/\(server.token)/events")
        #expect(try events.status() == 200)
        _ = try events.lines { $0.contains("\"event\":\"status\"") }
        let words = try String(contentsOf: told, encoding: .utf8).split(separator: " ", maxSplits: 1)
        #expect(words[1] == "live -i lo tcp port 80 --format jsonl --payload 65536\n")
        let child = try #require(Int32(words[0]))
        #if os(Linux)
            // Who serves has no rights that a capture needs, also if root started it.
            let state = try String(contentsOfFile: "/proc/\(server.identifier)/status", encoding: .utf8)
            #expect(state.contains("CapEff:\t0000000000000000") && !state.contains("Uid:\t0"), "\(state)")
        #endif
        server.kill()
        var tries = 0
        while kill(child, 0) == 0, Self.isRunning(child), tries < 100 {
            usleep(50_000)
            tries += 1
        }
        #expect(tries < 100, "the capture goes on")
    }

    /// Whether a process is more than an entry that nobody has asked for yet.
    private static func isRunning(_ process: Int32) -> Bool {
        guard let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return true }
        return !state.contains(") Z ")
    }
}
