import Foundation
import TestSupport
import Testing

extension Stage {
    /// Why no stage can be set here; nil where it can.
    static let obstacle: String? = {
        guard FileManager.default.fileExists(atPath: "/proc/self/ns/net") else { return "no Linux" }
        do {
            return try complaint([Repository.python, script, "--probe"])
        } catch {
            return "\(error)"
        }
    }()

    /// Whether a program says that it works.
    static func works(_ words: [String]) -> Bool {
        do {
            return try complaint(words) == nil
        } catch {
            return false
        }
    }

    /// What a program says against itself; nil where it is content.
    private static func complaint(_ words: [String]) throws -> String? {
        let folder = try ScratchFolder()
        let errors = folder.path("errors")
        let program = try Program(
            "/usr/bin/env", words, environment: ["NODE_PATH": "/usr/share/nodejs"], output: folder.path("output"),
            errors: errors)
        guard program.wait(atMost: .patience) != 0 else { return nil }
        let said = try String(contentsOfFile: errors, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        return said.isEmpty ? "\(words) failed" : said
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs where network namespaces may be made, and those who talk in them are installed.
    static var needsStage: Self {
        .enabled(if: Stage.obstacle == nil, Comment(rawValue: Stage.obstacle ?? ""))
    }

    /// Runs where a program works.
    static func needs(_ name: String, _ words: String...) -> Self {
        .enabled(if: Stage.works(words), "\(name) is not installed")
    }
}
