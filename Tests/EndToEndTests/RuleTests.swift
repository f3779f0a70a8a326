import CaptureAnalysis
import Foundation
import TestSupport
import Testing

@Suite("The rules of the catalogue")
struct RuleTests {
    @Test("are each found in a fixture, with the severity and reference listed")
    func areShown() throws {
        let rules = Dictionary(Rule.all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var shown: Set<String> = []
        for fixture in try Fixture.all {
            for finding in try Trace.of(fixture.capture, ["--events", "delivery,finding"]).trace.events
            where finding.event == "finding" {
                let rule = try #require(finding.rule)
                shown.insert(rule)
                #expect(finding.severity == rules[rule]?.severity.rawValue, "\(rule)")
                #expect(finding.reference == rules[rule]?.reference, "\(rule)")
            }
        }
        // It concerns no connection, so no fixture can list it for one: TLSTests of CaptureAnalysis checks it.
        #expect(Set(rules.keys).subtracting(shown).sorted() == ["tls.wrong-secret"])
    }

    @Test("are the only ones that fixtures are written for")
    func areKnown() throws {
        let expected = try Fixture.all.compactMap(\.expectation.findings).flatMap(\.values).flatMap { $0 }
        #expect(Set(expected).subtracting(Rule.all.map(\.id)).sorted() == [])
    }

    @Test(
        "are reported where they are broken, and nowhere else",
        arguments: try Fixture.all.filter { $0.expectation.findings != nil })
    func areFound(fixture: Fixture) throws {
        let expected = try #require(fixture.expectation.findings)
        let trace = try Trace.of(fixture.capture, ["--events", "connection,handshake,delivery,finding"]).trace
        var found: [String: [String]] = [:]
        for connection in trace.connections {
            let rules = connection.events.compactMap(\.rule)
            if !rules.isEmpty { found[connection.client ?? "", default: []] += rules }
        }
        #expect(found == expected)
    }

    @Test("are broken by a client's 18 violations, and by none of its valid actions")
    func violations() throws {
        let fixture = try Fixture.named("violations")
        let trace = try Trace.of(fixture.capture).trace
        var references: Set<String> = []
        for expected in fixture.expectation.connections {
            let connection = try #require(trace.connections.first { $0.key == expected.key })
            let errors = connection.events.filter { $0.severity == "error" && $0.from == .client }
            guard let name = expected.violation, let rule = expected.breaks else {
                // The client always goes on, even after a valid Close frame.
                #expect(errors.allSatisfy { $0.rule == "close.data-after-close" }, "\(expected.violation ?? "")")
                continue
            }
            #expect(!errors.isEmpty, "\(name)")
            references.formUnion(errors.compactMap(\.reference))
            // The log names a more specific section if several state the rule.
            let section = rule.split(separator: ".").prefix(2).joined(separator: ".")
            let isNear =
                errors.contains { $0.reference?.hasPrefix(section) == true } || rule.hasPrefix("RFC 6455 7.1.6")
            #expect(isNear, "\(name): \(errors.compactMap(\.reference)) instead of \(rule)")
        }
        let rules = trace.events.filter { $0.severity == "error" }.compactMap(\.rule)
        #expect(Set(rules).count >= 17)
    }
}

/// The rules as docs/findings.md lists them.
struct RuleList {
    /// The list's entry for a rule.
    struct Row {
        var severity: String
        var reference: String
    }

    /// The rows by rule name.
    let rows: [String: Row]

    init() throws {
        let page = try String(contentsOf: Repository.root.appending(path: "docs/findings.md"), encoding: .utf8)
        let matches = page.matches(of: /\n\| `([a-z0-9.-]+)` \| (\w+) \| ([^|]+) \|/)
        rows = Dictionary(
            matches.map { (String($0.1), Row(severity: String($0.2), reference: String($0.3))) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The rules named in the sources: literals that are words joined by one dot.
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
