import Foundation

/// The built `wstap`, run as its users run it.
public enum Wstap {
    /// What a run came to.
    public struct Outcome: Sendable {
        /// The exit status, or 128 and the number of the signal that ended it.
        public let status: Int32
        /// What went to standard output.
        public let output: [UInt8]
        /// What went to standard error.
        public let errors: String

        /// The output as text.
        public var text: String { String(decoding: output, as: UTF8.self) }
        /// The lines of the output.
        public var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    /// Where it is: beside the bundle of tests, which was built with it.
    public static let path: String = {
        let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL ?? Bundle.main.bundleURL
        let folders = sequence(first: tests) { $0.path == "/" ? nil : $0.deletingLastPathComponent() }
        let places = folders.lazy.map { $0.appending(path: "wstap").path }
        return places.first { isExecutableFile($0) } ?? "wstap"
    }()

    private static func isExecutableFile(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }

    /// Runs it to its end.
    ///
    /// - Parameters:
    ///   - arguments: The words behind its name.
    ///   - environment: Variables to set beside the test's.
    ///   - input: The path of its standard input.
    /// - Returns: What it came to.
    /// - Throws: Where it cannot be started.
    public static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null"
    ) throws -> Outcome {
        let folder = try ScratchFolder()
        let (output, errors) = (folder.path("output"), folder.path("errors"))
        let program = try Program(
            path, arguments, environment: environment, input: input, output: output, errors: errors)
        let status = program.wait()
        return Outcome(
            status: status, output: try [UInt8](Data(contentsOf: URL(filePath: output))),
            errors: String(decoding: try Data(contentsOf: URL(filePath: errors)), as: UTF8.self))
    }

    /// Starts it with its output in places that the test looks at while it runs.
    public static func start(
        _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null", output: String,
        errors: String
    ) throws -> Program {
        try Program(path, arguments, environment: environment, input: input, output: output, errors: errors)
    }
}
