import Foundation
import TestSupport
import Testing

@Suite("The same packets in other files")
struct RewrittenCaptureTests {
    /// The fixtures whose packets can be taken out and written down again.
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
