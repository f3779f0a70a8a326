import Foundation
import TestSupport

/// The rules as docs/findings.md lists them.
struct RuleList {
    /// What the list says of a rule.
    struct Row {
        var severity: String
        var reference: String
    }

    /// The rows by the rules' names.
    let rows: [String: Row]

    init() throws {
        let page = try String(contentsOf: Repository.root.appending(path: "docs/findings.md"), encoding: .utf8)
        let matches = page.matches(of: /\n\| `([a-z0-9.-]+)` \| (\w+) \| ([^|]+) \|/)
        rows = Dictionary(
            matches.map { (String($0.1), Row(severity: String($0.2), reference: String($0.3))) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The rules that the sources name: words joined by one dot, and nothing else in the literal.
    static func inSources() throws -> Set<String> {
        var rules: Set<String> = []
        for module in ["WebSocketProtocol", "CaptureAnalysis"] {
            let folder = Repository.root.appending(path: "Sources/\(module)")
            for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
                ?? .init() where file.pathExtension == "swift"
            {
                let text = try String(contentsOf: file, encoding: .utf8)
                rules.formUnion(text.matches(of: /"([a-z0-9-]+\.[a-z0-9-]*[a-z][a-z0-9-]*)"/).map { String($0.1) })
            }
        }
        return rules
    }
}
