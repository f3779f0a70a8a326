import Foundation
import Testing

/// The modules of the live page are joined to one script, so their names share one scope.
struct PageModulesTests {
    private static let modules = [
        "Sources/ReportFrontEnd/Page", "Web/Sources/WebServer/Page",
    ]

    @Test func `No name is declared by two modules`() throws {
        var owners: [String: [String]] = [:]
        for folder in Self.modules.map({ WebProgram.repository.appending(path: $0) }) {
            for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
                guard file.pathExtension == "js" else { continue }
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    let declaration = /(export )?(async )?(const|let|var|function|class) (?<names>\{[^}]*\}|[\w$]+)/
                    guard let found = line.prefixMatch(of: declaration) else { continue }
                    for name in found.names.split(whereSeparator: { "{}, ".contains($0) }) {
                        owners[String(name), default: []].append(file.lastPathComponent)
                    }
                }
            }
        }
        #expect(owners.count > 50)
        for (name, files) in owners {
            #expect(files.count == 1, "\(name) is declared in \(files.sorted().joined(separator: ", "))")
        }
    }
}
