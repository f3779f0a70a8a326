import Foundation

/// The project's own checker of traces, which needs Python's jsonschema.
public struct Schema: Sendable {
    private let script: String

    /// The checker; nil where something that it needs is absent.
    public static let checker: Schema? = {
        let script = Repository.root.appending(path: "scripts/check-trace").path
        guard FileManager.default.isExecutableFile(atPath: script),
            (try? run([Repository.python, "-c", "import jsonschema"]).status) == 0
        else { return nil }
        return Schema(script: script)
    }()

    /// What is wrong with some traces, a line for each fault; empty: nothing.
    public func faults(in traces: [String]) throws -> String {
        let run = try Schema.run([Repository.python, script] + traces)
        return run.status == 0 ? "" : run.text
    }

    private static func run(_ words: [String]) throws -> (status: Int32, text: String) {
        let folder = try ScratchFolder()
        let output = folder.path("output")
        let errors = folder.path("errors")
        let status = try Program("/usr/bin/env", words, output: output, errors: errors).wait()
        let text = try [output, errors].map { String(decoding: try Data(contentsOf: URL(filePath: $0)), as: UTF8.self) }
        return (status, text.joined())
    }
}
