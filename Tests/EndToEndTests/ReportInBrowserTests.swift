import Foundation
import TestSupport
import Testing

/// Reports in real browsers: the scripts in `Browser/` define what must hold.
@Suite(
    .serialized,
    .enabled(
        if: ProcessInfo.processInfo.environment["WSTAP_BROWSERS"] != nil,
        "needs scripts/install-dependencies browsers, and WSTAP_BROWSERS=1"))
struct ReportInBrowserTests {
    @Test func `Reports work in Chromium as people use them, and nothing hostile runs`() throws {
        let folder = ProcessInfo.processInfo.environment["WSTAP_SCREENSHOTS"]
        try run("check-report.py", [Wstap.path] + (folder.map { ["--screenshots", $0] } ?? []))
    }

    @Test func `Reports load, draw and search in Firefox`() throws {
        let folder = try ScratchFolder()
        let reports = try ["timers", "rules-of-frames"].map { name in
            let report = folder.path("\(name).html")
            let capture = try Fixture.named(name).capture.path
            #expect(try Wstap.run([capture, "--format", "html", "-o", report]).status == 0)
            return report
        }
        try run("check-report-firefox.py", reports)
    }

    @Test func `Chromium's own DevTools show the messages of a HAR file as they are in the trace`() throws {
        let fixtures = try Fixture.all.map { $0.capture.path }
        try run(
            "check-har.py", [Wstap.path] + fixtures + SharedCapture.all([.plain, .hostile]).map { $0.capture.path })
    }

    /// Runs a script, which prints what is wrong.
    private func run(_ script: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: Repository.python)
        process.arguments =
            [Repository.root.appending(path: "Tests/EndToEndTests/Browser/\(script)").path] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }
}
