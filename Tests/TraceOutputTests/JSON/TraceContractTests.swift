import Foundation
import TestSupport
import Testing

@testable import CaptureAnalysis
@testable import TraceOutput
@testable import WebSocketProtocol

/// Checks the lines of this module against the schema that the project ships.
struct TraceContractTests {
    private static let hasSchemaValidator = run(["-c", "import jsonschema"]).status == 0

    @Test(
        .enabled(if: hasSchemaValidator, "needs Python with jsonschema"),
        arguments: [JSONLinesFormat.Options(), .init(payload: .atMost(3), framePayloads: true), .init(payload: .none)])
    func `Every line conforms to the strict schema`(options: JSONLinesFormat.Options) {
        for calls in [Scenes.chat, Scenes.trouble] {
            let result = Self.check(printed(calls, as: JSONLinesFormat(options: options)))
            #expect(result.status == 0, "\(result.output)")
        }
    }

    @Test(.enabled(if: hasSchemaValidator, "needs Python with jsonschema"))
    func `A filtered trace conforms too`() throws {
        var filter = EventFilter()
        filter.events = [.message]
        let trace = try printed(Scenes.trouble, as: JSONLinesFormat(), filter: filter)
        #expect(Self.check(trace, arguments: ["--filtered"]).status == 0)
        #expect(Self.check(trace).status == 1)
    }

    @Test(
        .enabled(if: hasSchemaValidator, "needs Python with jsonschema"),
        arguments: [
            (#""packet":6"#, #""packet":6,"packet":6"#, "duplicate key 'packet'"),
            (#""packet":6"#, #""packet":6,"surprise":1"#, "surprise"),
            (#""packet":6"#, #""packet":null"#, "frame.packet"),
            (#""fin":true"#, #""fin":1"#, "frame.fin"),
            (#""first_packet":6,"payload_base64""#, #""first_packet":6,"payload":"","payload_base64""#, "oneOf"),
            ("hello", "he\u{7f}llo", "U+007F is not escaped"),
            (#""event":"capture""#, #""event":"summary""#, "capture is not the first line"),
            (#""event":"frame""#, #""event":"segment""#, "unknown event 'segment'"),
        ])
    func `The check reports faults with their line`(part: String, replacement: String, fault: String) throws {
        var trace = printed(Scenes.chat, as: JSONLinesFormat())
        let range = try #require(trace.range(of: part))
        trace.replaceSubrange(range, with: replacement)
        let line = trace[..<range.lowerBound].count { $0 == "\n" } + 1
        let result = Self.check(trace)
        #expect(result.status == 1)
        #expect(result.output.contains("-:\(line): "))
        #expect(result.output.contains(fault))
    }

    private static func check(_ trace: String, arguments: [String] = []) -> (status: Int32, output: String) {
        run([Repository.root.appending(path: "scripts/check-trace").path] + arguments + ["-"], input: trace)
    }

    private static func run(_ arguments: [String], input: String = "") -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [Repository.python] + arguments
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
            try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try stdin.fileHandleForWriting.close()
        } catch {
            return (-1, "\(error)")
        }
        let output = (try? stdout.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
