import Foundation
import TestSupport
import Testing

@Suite("Every trace")
struct TraceInvariantTests {
    /// Every capture there is, whatever is in it.
    static let captures: [Capture] = {
        let fixtures = (try? Fixture.all)?.map { Capture(name: $0.name, url: $0.capture) } ?? []
        let shared = (try? SharedCapture.all())?.map { Capture(name: $0.name, url: $0.capture) } ?? []
        return fixtures + shared
    }()

    @Test("adds up", arguments: captures)
    func addsUp(capture: Capture) throws {
        let (trace, run) = try Trace.of(capture.url)
        // What cannot be read at all leaves no trace.
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

/// A capture by the name that failures show.
struct Capture: Sendable, CustomTestStringConvertible {
    var name: String
    var url: URL

    var testDescription: String { name }
}
