import Foundation
import TestSupport
import Testing

@Suite("As a database, a capture")
struct DatabaseTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    private func database(_ capture: String, _ arguments: [String] = []) throws -> OpenDatabase {
        let path = folder.path("trace.db")
        _ = try Wstap.run([capture, "--format", "sqlite", "-o", path] + arguments)
        return try OpenDatabase(path)
    }

    /// Compares a database with the trace of the same capture, and with what the endpoints logged.
    private func check(_ capture: URL, _ expectation: TestSupport.Expectation, _ arguments: [String] = []) throws {
        let database = try database(capture.path, arguments)
        let trace = try Trace.of(capture, arguments).trace
        #expect(try database.rows("PRAGMA integrity_check") == [[.text(Array("ok".utf8))]])
        #expect(expectation.inventions(in: try database.messages()) == [])
        #expect(expectation.omissions(in: try database.messages()) == [])

        let summary = try #require(trace.events.last)
        let totals = try #require(
            try database.rows("SELECT packets, frames, messages, payload_bytes, gaps FROM capture").first)
        #expect(
            totals
                == [summary.packets, summary.frames, summary.messages, summary.payloadBytes, summary.gaps].map {
                    .integer(Int64($0 ?? -1))
                })
        #expect(try database.number("SELECT count(*) FROM frame") == summary.frames)
        #expect(try database.number("SELECT count(*) FROM message WHERE complete") == summary.messages)
        #expect(try database.number("SELECT count(*) FROM gap") == summary.gaps)
        let opened = "SELECT count(DISTINCT connection) FROM session WHERE accepted OR opened = 'midstream'"
        #expect(try database.number(opened) == summary.websocketConnections)
        for severity in ["note", "warning", "error"] {
            let count = try database.number("SELECT count(*) FROM finding WHERE severity = '\(severity)'")
            #expect(count == summary.findings?[severity])
        }
        for (table, event) in [("session", "connection"), ("message", "message"), ("delivery", "delivery")] {
            #expect(try database.number("SELECT count(*) FROM \(table)") == trace.events.count { $0.event == event })
        }
        #expect(
            try database.number("SELECT count(*) FROM gap WHERE confidence IS NOT NULL") ?? 0
                <= trace.events.count { $0.event == "resync" })
        // RFC 3339 text is computed from the nanoseconds.
        let times = try database.rows("SELECT time FROM frame ORDER BY id").map { $0[0].string }
        #expect(times == trace.events.filter { $0.event == "frame" }.map { $0.originTime ?? $0.time })
        let verdicts = try database.rows("SELECT ended_by, layer FROM session WHERE ended_by NOT NULL ORDER BY id")
        let ends = trace.connections.compactMap(\.verdict)
        #expect(verdicts.map { $0.map(\.string) } == ends.map { [$0.by, $0.layer] })
    }

    @Test("can leave the payloads of messages to a file", arguments: ["chat", "segments-missing"], ["all", "3"])
    func payloadFile(name: String, limit: String) throws {
        let capture = try Fixture.named(name).capture.path
        let words = ["--payload", limit]
        let whole = try database(capture, words)
            .rows("SELECT id, length, CAST(payload AS BLOB) FROM message ORDER BY id")
        let path = folder.path("payloads")
        let apart = try database(capture, words + ["--payload-file", path])
            .rows("SELECT id, length, payload FROM message ORDER BY id")
        var rest = try [UInt8](Data(contentsOf: URL(filePath: path)))[...]
        #expect(apart.count == whole.count && !whole.isEmpty)
        for (row, other) in zip(whole, apart) {
            #expect(row[..<2] == other[..<2])
            switch (row[2], other[2]) {
            case (.null, .null): break
            case (.blob(let bytes), .integer(let count)):
                #expect(rest.prefix(Int(count)).elementsEqual(bytes))
                rest = rest.dropFirst(Int(count))
            default: Issue.record("\(row) and \(other)")
            }
        }
        #expect(rest.isEmpty)
        #expect(try Wstap.run([capture, "--payload-file", path]).status == 64)
    }

    @Test("has a row for each line of the trace", arguments: try Fixture.all.filter { $0.expectation.exitStatus != 2 })
    func fixtures(fixture: Fixture) throws {
        try check(fixture.capture, fixture.expectation)
    }

    @Test(
        "also has those of captures next to the repository",
        .enabled(if: Repository.sharedCaptures != nil, "there is no ../shared/captures"),
        arguments: try SharedCapture.all([.plain, .tls]))
    func shared(capture: SharedCapture) throws {
        guard !["cont-empty", "cont-garbage"].contains(where: capture.name.hasPrefix) else { return }
        // That file has both sides of a proxy, the log only one.
        let side = capture.name.hasPrefix("tls-early-data") ? ["-f", "tcp port 7539"] : []
        let keys = capture.keyLog.map { ["--keylog", $0.path] } ?? []
        try check(capture.capture, capture.expectation, keys + side)
    }

    @Test("has each data frame's own bytes on request")
    func framePayloads() throws {
        let capture = try Fixture.named("small-segments-lost-and-reordered").capture
        let database = try database(capture.path, ["--frame-payloads"])
        let trace = try Trace.of(capture, ["--frame-payloads"]).trace
        let shown = try database.rows("SELECT payload FROM frame ORDER BY id").map { $0[0].bytes }
        #expect(shown == trace.events.filter { $0.event == "frame" }.map(\.shownPayload))
    }

    @Test("keeps sessions and totals, whatever the kinds of events requested")
    func kinds() throws {
        let capture = try Fixture.named("chat").capture
        let database = try database(capture.path, ["--events", "message"])
        #expect(try database.number("SELECT count(*) FROM message") == 14)
        #expect(try database.number("SELECT count(*) FROM frame") == 0)
        #expect(try database.number("SELECT frames FROM capture") == 25)
        #expect(try database.rows("SELECT code FROM why") == [[.integer(1000)], [.integer(1000)]])
    }

    @Test("cuts payloads at whole characters")
    func cutPayloads() throws {
        let capture = try Fixture.named("chat").capture
        let database = try database(capture.path, ["--payload", "34"])
        // "Good morning! Is anybody here? ☕" has 34 bytes; "Morning, Alice 👋 The kettle is on." has 37.
        let rows = try database.rows("SELECT payload, truncated FROM message WHERE session = 1 ORDER BY id LIMIT 2")
        #expect(rows[0] == [.text(Array("Good morning! Is anybody here? ☕".utf8)), .integer(0)])
        #expect(rows[1] == [.text(Array("Morning, Alice 👋 The kettle is ".utf8.prefix(34))), .integer(1)])
    }

    @Test("shows how an upgrade was refused")
    func refusal() throws {
        let capture = try Fixture.named("closed-by-the-server").capture
        let database = try database(capture.path)
        for row in try database.rows("SELECT status, verdict FROM session WHERE NOT accepted") {
            guard case .integer(let status) = row[0] else { continue }
            #expect(row[1].string?.hasPrefix("upgrade refused with \(status); ") == true)
        }
    }

    @Test("distinguishes an uncaptured response from none")
    func missingAnswer() throws {
        let capture = try Fixture.named("http-exchanges-before-upgrade").capture
        // The server's answers are left out.
        let database = try database(capture.path, ["-f", "tcp dst port 8103"])
        let rows = try database.rows("SELECT answer_missing, verdict FROM session WHERE NOT accepted")
        #expect(!rows.isEmpty)
        for row in rows {
            #expect(row[0] == .integer(1) && row[1].string?.hasPrefix("answer not captured; ") == true)
        }
    }
}

@Suite("A database file")
struct DatabaseFileTests {
    private let folder: ScratchFolder
    private let capture: String

    init() throws {
        folder = try ScratchFolder()
        capture = try Fixture.named("chat").capture.path
    }

    @Test("must be named")
    func noName() throws {
        let run = try Wstap.run([capture, "--format", "sqlite"])
        #expect(run.status == 64 && run.output.isEmpty && run.errors.contains("-o"))
    }

    @Test("is not written live")
    func live() throws {
        let run = try Wstap.run(["live", "-i", "lo", "--format", "sqlite", "-o", folder.path("trace.db")])
        #expect(run.status == 64 && run.errors.contains("cannot write a database"))
        #expect(try folder.names == [])
    }

    @Test("must be a regular file")
    func device() throws {
        let run = try Wstap.run([capture, "--format", "sqlite", "-o", "/dev/null"])
        #expect(run.status == 2 && run.errors == "wstap: /dev/null: a database needs a regular file\n")
    }

    @Test("replaces a file, and leaves nothing next to it")
    func replacement() throws {
        let path = try folder.write("trace.db", Array("what was there before".utf8))
        let run = try Wstap.run([capture, "--format", "sqlite", "-o", path])
        #expect(run.status == 0 && run.errors == "")
        #expect(try OpenDatabase(path).number("SELECT count(*) FROM session") == 2)
        #expect(try folder.names == ["trace.db"])
    }

    @Test("stays as it was if there is no room for a new one")
    func noRoom() throws {
        let path = try folder.write("trace.db", Array("good".utf8))
        let errors = folder.path("errors")
        // 40 blocks of 512 bytes; without the signal, writing more fails.
        let script = "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\""
        let program = try Program(
            "/bin/sh", ["-c", script, Wstap.path, capture, "--format", "sqlite", "-o", path],
            output: folder.path("output"), errors: errors)
        #expect(program.wait() == 2)
        #expect(try String(contentsOfFile: errors, encoding: .utf8).hasPrefix("wstap: \(path): "))
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("good".utf8))
        #expect(try folder.names == ["errors", "output", "trace.db"])
    }

    @Test("has no name before it is complete")
    func killed() throws {
        let input = try NamedPipe("input", in: folder, holding: .writing)
        let path = folder.path("trace.db")
        let program = try Wstap.start(
            ["-", "--format", "sqlite", "-o", path], input: input.path, output: folder.path("output"),
            errors: folder.path("errors"))
        input.write(try Data(contentsOf: URL(filePath: capture)).dropLast(100))
        #expect(eventually { (try? folder.names.contains { $0.hasSuffix(".unfinished") }) == true })
        program.send(SIGKILL)
        _ = program.wait()
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
