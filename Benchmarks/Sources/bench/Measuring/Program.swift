import BenchmarkStages
import Foundation

/// A run of another program.
struct ProgramRun {
    let seconds: Double
    let userSeconds: Double
    let systemSeconds: Double
    let peakBytes: Int

    /// Runs a program through `timed`.
    ///
    /// - Parameters:
    ///   - command: The program and its arguments.
    ///   - output: Where its standard output goes.
    ///   - timed: The path of `timed`.
    /// - Throws: ``WrongCount`` if the program fails.
    init(_ command: [String], output: String = "/dev/null", timed: String) throws {
        let words = try Self.output(of: [timed, output] + command).split { $0 == " " || $0 == "\n" }
        let numbers = words.compactMap { Double($0) }
        guard numbers.count == 5, numbers[4] == 0 else {
            throw WrongCount(description: "\(command.joined(separator: " ")) failed: \(words)")
        }
        seconds = numbers[0]
        userSeconds = numbers[1]
        systemSeconds = numbers[2]
        peakBytes = Int(numbers[3])
    }

    /// What a program prints.
    static func output(of command: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
