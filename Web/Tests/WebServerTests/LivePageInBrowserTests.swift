import Foundation
import Testing

/// The live page in a real browser: `Browser/check-live.py` says what must hold.
@Suite(
    .serialized,
    .enabled(
        if: ProcessInfo.processInfo.environment["WSTAP_BROWSERS"] != nil,
        "needs scripts/install-dependencies browsers, a debug build of wstap, and WSTAP_BROWSERS=1"))
struct LivePageInBrowserTests {
    @Test func `The live page works in Chromium as people use it, and nothing hostile runs`() throws {
        let process = Process()
        process.executableURL = WebProgram.repository.appending(path: ".build/python/bin/python3")
        process.arguments = [
            WebProgram.package.appending(path: "Tests/WebServerTests/Browser/check-live.py").path, WebProgram.path,
            WebProgram.repository.appending(path: ".build/debug/wstap").path,
        ]
        if let folder = ProcessInfo.processInfo.environment["WSTAP_SCREENSHOTS"] {
            process.arguments? += ["--screenshots", folder]
        }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if process.terminationStatus == 77 { return print("Skipped: \(text)") }
        #expect(process.terminationStatus == 0, "\(text)")
    }
}
