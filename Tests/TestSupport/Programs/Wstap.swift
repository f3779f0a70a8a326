package import Foundation

/// The built `wstap`, run as users run it.
package enum Wstap {
    /// The result of a run.
    package struct Outcome: Sendable {
        /// The exit status, or 128 plus the number of the signal that ended it.
        package let status: Int32
        /// The bytes on standard output.
        package let output: [UInt8]
        /// The text on standard error.
        package let errors: String

        /// The output as text.
        package var text: String { String(decoding: output, as: UTF8.self) }
        /// The lines of the output.
        package var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    /// Its path, next to the test bundle that was built with it.
    package static let path: String = {
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
    ///   - arguments: Its arguments.
    ///   - environment: Variables to set in addition to the test's.
    ///   - input: The path of its standard input.
    /// - Returns: The result.
    /// - Throws: An error if it cannot be started.
    package static func run(
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

    /// Starts it with its output at paths that the test watches.
    package static func start(
        _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null", output: String,
        errors: String
    ) throws -> Program {
        try Program(path, arguments, environment: environment, input: input, output: output, errors: errors)
    }
}

/// A folder for one test's files, removed with its owner.
package final class ScratchFolder: Sendable {
    /// The folder.
    package let url: URL

    /// Creates a new folder.
    package init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "wstap-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of an item in the folder, whether it exists or not.
    package func path(_ name: String) -> String {
        url.path + "/" + name
    }

    /// Writes a file and returns its path.
    package func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = path(name)
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }

    /// The names of the folder's items, in order.
    package var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}
