import Foundation
import TestSupport
import Testing
import WebSocketProtocol

@testable import CaptureAnalysis

@Suite("The catalogue of rules")
struct RuleTests {
    /// A row of the tables in docs/findings.md.
    private struct Row: Hashable, Comparable, CustomStringConvertible {
        var id: String
        var severity: String
        var reference: String
        var text: String

        var description: String { "\(id) | \(severity) | \(reference) | \(text)" }

        static func < (left: Row, right: Row) -> Bool { left.description < right.description }
    }

    /// The rows of docs/findings.md; a row without a name is another text of the previous rule.
    private static func listed() throws -> [Row] {
        let page = try String(contentsOf: Repository.root.appending(path: "docs/findings.md"), encoding: .utf8)
        var rows: [Row] = []
        for line in page.split(separator: "\n") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count == 6, cells[4].hasSuffix(".") else { continue }
            if cells[1].isEmpty, var last = rows.last {
                last.text = cells[4]
                rows.append(last)
            } else {
                rows.append(
                    Row(id: cells[1].replacing("`", with: ""), severity: cells[2], reference: cells[3], text: cells[4]))
            }
        }
        return rows
    }

    @Test("is what docs/findings.md lists")
    func page() throws {
        let rows = Rule.all.map { rule in
            let text = rule.text.filter { $0 != "{" && $0 != "}" }
            return Row(id: rule.id, severity: rule.severity.rawValue, reference: rule.reference, text: text)
        }
        #expect(try Self.listed().sorted() == rows.sorted())
    }

    @Test("has names of one form, references and sentences")
    func form() {
        #expect(Set(Rule.all.map(\.text)).count == Rule.all.count)
        for rule in Rule.all {
            #expect(rule.id.contains(/^[a-z]+\.[a-z0-9-]+$/))
            #expect(rule.reference.contains(/^RFC [0-9]+ [0-9.]+$|^wstap [a-z]+$/), "\(rule.id)")
            #expect(rule.text.hasSuffix("."), "\(rule.id)")
        }
    }

    @Test("has one severity and one reference for each name")
    func names() {
        for (name, rules) in Dictionary(grouping: Rule.all, by: \.id) {
            #expect(Set(rules.map(\.severity)).count == 1 && Set(rules.map(\.reference)).count == 1, "\(name)")
        }
    }

    @Test("fills in the placeholders of a text, whatever the values contain")
    func values() {
        let finding = Finding(Rule(.zeroWindow), "62.0", "{3}", "9", from: .client, at: 7, frame: 1)
        #expect(finding.rule == "tcp.zero-window" && finding.severity == .warning)
        #expect(
            finding.text
                == "This end's receive window was closed for 62.0 ms, from packet {3} to 9: the other end could send nothing."
        )
        #expect(finding.from == .client && finding.streamOffset == 7 && finding.frameIndex == 1)
        #expect(Finding(Rule(.serverMasked), from: .server).text == "The server sent a masked frame.")
    }

    @Test(
        "writes durations in milliseconds with one decimal",
        arguments: [(0, "0.0"), (49_999, "0.0"), (62_050_000, "62.1")])
    func durations(nanoseconds: Int64, text: String) {
        #expect(Finding.milliseconds(nanoseconds) == text)
    }
}
