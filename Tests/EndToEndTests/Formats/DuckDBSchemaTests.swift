import Foundation
import TestSupport
import Testing

@Suite("schema/duckdb.sql")
struct DuckDBSchemaTests {
    @Test("has a view for each kind of event, with every key of the trace")
    func keys() throws {
        let schema = try JSONSerialization.jsonObject(
            with: Data(contentsOf: Repository.root.appending(path: "docs/trace.schema.json")))
        let definitions = try #require((schema as? [String: Any])?["$defs"] as? [String: [String: Any]])
        let text = try String(contentsOf: Repository.root.appending(path: "schema/duckdb.sql"), encoding: .utf8)
        let views = text.components(separatedBy: "CREATE OR REPLACE VIEW ").dropFirst()
        var events: [String] = []
        for (name, definition) in definitions {
            let properties = definition["properties"] as? [String: Any] ?? [:]
            guard properties["event"] is [String: Any] else { continue }
            events.append(name)
            let view = views.first { $0.contains("WHERE event = '\(name)';") }
            for key in properties.keys {
                #expect(view?.contains("\"\(key)\": '") == true, "\(name): \(key)")
            }
        }
        #expect(events.count == views.count)
    }
}
