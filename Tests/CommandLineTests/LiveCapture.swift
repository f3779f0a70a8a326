import Foundation
import TestSupport
import Testing

/// `wstap live` on the loopback interface, running.
struct LiveCapture {
    let program: Program
    let folder: ScratchFolder
    let output: NamedPipe
    private let errors: NamedPipe

    /// Whether this user may capture from the loopback interface.
    static let isPermitted =
        (try? Wstap.run(["live", "-i", "lo", "--duration", "0.01", "-q"]).status) == 0

    /// Starts it, and waits until it captures.
    ///
    /// - Parameters:
    ///   - port: Which port's packets.
    ///   - options: Further words; `FOLDER` stands for a folder that every user may write to.
    /// - Throws: Where it does not begin to capture.
    init(port: UInt16, _ options: [String] = ["--format", "jsonl"]) throws {
        folder = try ScratchFolder()
        chmod(folder.url.path, 0o777)
        output = try NamedPipe("output", in: folder, holding: .reading)
        errors = try NamedPipe("errors", in: folder, holding: .reading)
        let path = folder.url.path
        program = try Wstap.start(
            ["live", "-i", "lo"] + options.map { $0.replacing("FOLDER", with: path) } + ["tcp", "port", "\(port)"],
            output: output.path, errors: errors.path)
        let greeting = try #require(try errors.readLine())
        try #require(greeting.hasPrefix("wstap: capturing on lo"), "\(greeting)")
    }

    /// Reads lines until one holds `mark`; returns that.
    @discardableResult
    func read(until mark: String) throws -> String {
        while let line = try output.readLine() {
            if line.contains(mark) { return line }
        }
        Issue.record("the output ended before \(mark)")
        return ""
    }

    /// Reads the next line of standard error.
    func readError() throws -> String? { try errors.readLine() }

    /// The rest of both streams, and the exit status.
    func end() throws -> (lines: [String], errors: [String], status: Int32) {
        var lines: [String] = []
        var complaints: [String] = []
        while let line = try output.readLine() { lines.append(line) }
        while let line = try errors.readLine() { complaints.append(line) }
        return (lines, complaints, program.wait())
    }
}
