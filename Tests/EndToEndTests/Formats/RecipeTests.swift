import Foundation
import TestSupport
import Testing

/// A runnable block of docs/recipes.md.
struct Recipe: Sendable, CustomTestStringConvertible {
    /// Its heading, and its number under that.
    var name: String
    /// The tools that it needs: programs or Python packages.
    var tools: [String]
    /// "sh" or "python".
    var language: String
    /// The code to run.
    var text: String
    /// Its expected output; nil if the page does not state it.
    var output: String?

    var testDescription: String { name }

    /// All recipes, in order.
    static let all: [Recipe] = {
        let page = Repository.root.appending(path: "docs/recipes.md")
        guard let text = try? String(contentsOf: page, encoding: .utf8) else { return [] }
        var recipes: [Recipe] = []
        var (heading, number, tools, block): (String, Int, [String], (language: String, lines: [String])?) =
            ("", 0, [], nil)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if var open = block {
                guard line == "```" else {
                    open.lines.append(line)
                    block = open
                    continue
                }
                block = nil
                let body = open.lines.map { $0 + "\n" }.joined()
                if open.language == "text" {
                    recipes[recipes.count - 1].output = body
                } else {
                    number += 1
                    recipes.append(
                        Recipe(name: "\(heading) \(number)", tools: tools, language: open.language, text: body))
                }
            } else if line.hasPrefix("## ") {
                (heading, number) = (String(line.dropFirst(3)), 0)
            } else if line.hasPrefix("<!-- tools: ") {
                tools = line.dropFirst(12).dropLast(4).split(separator: " ").map(String.init)
            } else if line.hasPrefix("```") {
                block = (String(line.dropFirst(3)), [])
            }
        }
        return recipes
    }()

    /// Where the recipes find their programs: `wstap`, then those of the tests' Python environment.
    static let path: String = {
        let places = [
            URL(filePath: Wstap.path).deletingLastPathComponent().path,
            Repository.root.appending(path: ".build/python/bin").path,
        ]
        return (places + [ProcessInfo.processInfo.environment["PATH"] ?? ""]).joined(separator: ":")
    }()

    /// The recipes' tools that are not installed.
    static let missingTools = Set(all.flatMap(\.tools)).filter { tool in
        let program = try? Command.run(["sh", "-c", "command -v \(tool)"], environment: ["PATH": path]).status
        let module = try? Command.run([Repository.python, "-c", "import \(tool)"]).status
        return program != 0 && module != 0
    }.sorted()

    /// The recipes whose tools are installed.
    static let runnable = all.filter { $0.tools.allSatisfy { !missingTools.contains($0) } }
}

@Suite("The recipes")
struct RecipeTests {
    @Test("are all read")
    func reading() {
        let recipes = Recipe.all
        #expect(recipes.count >= 12)
        #expect(recipes.allSatisfy { ["sh", "python"].contains($0.language) && !$0.tools.isEmpty })
        #expect(recipes.allSatisfy { $0.output != nil })
    }

    @Test(
        "have all their tools",
        .enabled(
            if: Recipe.missingTools.isEmpty,
            "some recipes are not run: there is no \(Recipe.missingTools.joined(separator: ", "))"))
    func tools() {
        #expect(Recipe.runnable.count == Recipe.all.count)
    }

    @Test("print what they state", arguments: Recipe.runnable)
    func runs(recipe: Recipe) throws {
        let run = try Self.run(recipe, on: ["chat": "chat", "violations": "violations"])
        #expect(run.status == 0)
        #expect(run.errors == "")
        #expect(run.output == recipe.output)
    }

    @Test("run where there is no message", arguments: Recipe.runnable)
    func runsOnNothing(recipe: Recipe) throws {
        let fixture = "no-websocket-tls-only"
        let run = try Self.run(recipe, on: ["chat": fixture, "violations": fixture])
        #expect(run.status == 0)
        // There wstap reports what the capture contains instead.
        #expect(run.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("wstap: ") }, "\(run.errors)")
    }

    /// Runs a recipe in a folder with these captures: fixture names, by the names that the recipe uses.
    private static func run(
        _ recipe: Recipe, on captures: [String: String]
    ) throws -> (status: Int32, output: String, errors: String) {
        let folder = try ScratchFolder()
        for (name, fixture) in captures {
            try FileManager.default.copyItem(
                atPath: Fixture.named(fixture).capture.path, toPath: folder.path("\(name).pcap"))
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("schema"), withDestinationPath: Repository.root.appending(path: "schema").path)
        let script = try folder.write("recipe", recipe.text.utf8)
        let interpreter = recipe.language == "sh" ? "sh -eu" : "'\(Repository.python)'"
        let (output, errors) = (folder.path("output"), folder.path("errors"))
        let program = try Program(
            "/bin/sh", ["-c", "cd '\(folder.url.path)' && exec \(interpreter) '\(script)'"],
            environment: ["PATH": Recipe.path, "PYTHONUTF8": "1"], output: output, errors: errors)
        return (
            program.wait(), try String(contentsOfFile: output, encoding: .utf8),
            try String(contentsOfFile: errors, encoding: .utf8)
        )
    }
}
