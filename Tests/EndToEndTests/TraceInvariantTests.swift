import Foundation
import TestSupport
import Testing

@Suite("Every trace")
struct TraceInvariantTests {
    /// All available captures, whatever they contain.
    static let captures: [Capture] = {
        let fixtures = (try? Fixture.all)?.map { Capture(name: $0.name, url: $0.capture) } ?? []
        let shared = (try? SharedCapture.all())?.map { Capture(name: $0.name, url: $0.capture) } ?? []
        return fixtures + shared
    }()

    @Test("adds up", arguments: captures)
    func addsUp(capture: Capture) throws {
        let (trace, run) = try Trace.of(capture.url)
        // Unreadable files leave no trace.
        if run.status == 2, run.output.isEmpty { return }
        #expect(TraceInvariants(trace).faults == [])
    }

    @Test(
        "passes the strict schema",
        .enabled(if: Schema.checker != nil, "there is no scripts/check-trace, or no Python with jsonschema"))
    func passesTheSchema() throws {
        let folder = try ScratchFolder()
        var files: [String] = []
        for capture in Self.captures {
            let run = try Wstap.run([capture.url.path, "--format", "jsonl", "--frame-payloads"])
            guard !run.output.isEmpty else { continue }
            files.append(try folder.write("\(capture.name)-\(files.count).jsonl", run.output))
        }
        try #expect(#require(Schema.checker).faults(in: files) == "")
    }
}

/// A capture, by the name that failures show.
struct Capture: Sendable, CustomTestStringConvertible {
    var name: String
    var url: URL

    var testDescription: String { name }
}

@Suite("The same packets in other files")
struct RewrittenCaptureTests {
    /// The fixtures whose packets can be extracted and written again.
    static let fixtures = (try? Fixture.all)?.filter { (try? reader($0)) != nil } ?? []

    private static func reader(_ fixture: Fixture) throws -> PcapReader? {
        try PcapReader([UInt8](Data(contentsOf: fixture.capture)))
    }

    /// The trace without its first line, which names the files.
    private static func events(_ paths: [String]) throws -> [String] {
        let run = try Wstap.run(paths + ["--format", "jsonl"])
        #expect(run.status == 0)
        return Array(run.lines.dropFirst())
    }

    @Test("give the same events when split over several files", arguments: fixtures)
    func split(fixture: Fixture) throws {
        let packets = try #require(try Self.reader(fixture))
        let folder = try ScratchFolder()
        let whole = try Self.events([fixture.capture.path])
        for partCount in [2, 5] {
            let borders = (0...partCount).map { packets.records.count * $0 / partCount }
            let parts = try zip(borders, borders.dropFirst()).map { start, end in
                try folder.write("\(partCount)-\(start).pcap", packets.pcap(start..<end))
            }
            #expect(try Self.events(parts) == whole)
        }
    }

    @Test("give the same events as pcapng of either byte order", arguments: fixtures, ByteOrder.allCases)
    func pcapng(fixture: Fixture, order: ByteOrder) throws {
        let packets = try #require(try Self.reader(fixture))
        let folder = try ScratchFolder()
        let rewritten = try folder.write("capture.pcapng", packets.pcapng(order))
        #expect(try Self.events([rewritten]) == Self.events([fixture.capture.path]))
    }

    @Test("give the same events from a pipe", arguments: fixtures)
    func pipe(fixture: Fixture) throws {
        let run = try Wstap.run(["-", "--format", "jsonl"], input: fixture.capture.path)
        #expect(try Array(run.lines.dropFirst()) == Self.events([fixture.capture.path]))
    }
}
