import Foundation
import TestSupport

/// Another program, found on the PATH.
enum Command {
    /// Whether such a program exists.
    static func exists(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }

    /// Runs a program to its end; `text` is everything that it printed.
    static func run(_ words: [String], environment: [String: String] = [:]) throws -> (status: Int32, text: String) {
        let folder = try ScratchFolder()
        let (output, errors) = (folder.path("output"), folder.path("errors"))
        let status = try Program(
            "/usr/bin/env", words, environment: environment, output: output, errors: errors
        ).wait()
        let text = try [output, errors].map { String(decoding: try Data(contentsOf: URL(filePath: $0)), as: UTF8.self) }
        return (status, text.joined())
    }
}
