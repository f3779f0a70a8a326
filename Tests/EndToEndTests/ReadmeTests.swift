import Foundation
import TestSupport
import Testing

/// The programs of README.md's library section, built as another package would build them: they see what is public.
@Suite("The library examples of README.md")
struct ReadmeTests {
    /// The modules that the products have, and those that they need.
    private static let modules = [
        "BasicContainers", "CPrefetch", "CaptureAnalysis", "CaptureReading", "ContainersPreview", "DequeModule",
        "HTTPUpgrade", "Histogram", "InternalCollectionsUtilities", "Numerics", "PacketCapture", "PacketDecoding",
        "RealModule", "ComplexModule", "TCPReassembly", "TLSDecryption", "WebSocketProtocol", "WireFormat",
        "_NumericsShims",
    ]

    /// Where the tests were built.
    private static let products = URL(filePath: Wstap.path).deletingLastPathComponent()

    private static var examples: [String] {
        get throws {
            let page = try String(contentsOf: Repository.root.appending(path: "README.md"), encoding: .utf8)
            return page.matches(of: /\n```swift\n((?s:.+?))```\n/).map { String($0.1) }
        }
    }

    /// Builds a program and returns its path.
    private func build(_ source: String, in folder: URL) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let main = folder.appending(path: "main.swift")
        try source.write(to: main, atomically: true, encoding: .utf8)
        var objects: [String] = []
        for module in Self.modules {
            let built = Self.products.appending(path: "\(module).build")
            let files = FileManager.default.enumerator(atPath: built.path)
            let sources = Repository.root.appending(path: "Sources/\(module)")
            let current = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
            let names = Set(current.map { URL(filePath: $0).lastPathComponent + ".o" })
            while let file = files?.nextObject() as? String {
                // Objects of files that are gone may still be there.
                let isCurrent = names.isEmpty || names.contains(URL(filePath: file).lastPathComponent)
                if file.hasSuffix(".o"), isCurrent { objects.append(built.appending(path: file).path) }
            }
        }
        let program = folder.appending(path: "example").path
        let systemModules = ["CPcap", "CCrypto", "CISAL", "CZlib", "CZstd", "CLZ4"].flatMap {
            ["-Xcc", "-fmodule-map-file=\(Repository.root.path)/Sources/\($0)/module.modulemap"]
        }
        let shims = ".build/checkouts/swift-numerics/Sources/_NumericsShims/include/module.modulemap"
        let headers = [
            Self.products.appending(path: "CPrefetch.build/module.modulemap"), Repository.root.appending(path: shims),
        ].flatMap { ["-Xcc", "-fmodule-map-file=\($0.path)"] }
        let result = try run(
            "/usr/bin/env",
            ["swiftc", "-swift-version", "6", "-I", Self.products.appending(path: "Modules").path, main.path]
                + systemModules + headers + objects
                + ["-lpcap", "-lcrypto", "-lisal", "-lz", "-lzstd", "-llz4", "-o", program], in: folder)
        #expect(result.status == 0, "\(result.errors.prefix(2000))")
        return program
    }

    private func run(
        _ executable: String, _ arguments: [String], in folder: URL
    ) throws -> (status: Int32, output: String, errors: String) {
        let (output, errors) = (folder.appending(path: "output"), folder.appending(path: "errors"))
        let status = try Program(executable, arguments, output: output.path, errors: errors.path).wait()
        return (
            status, try String(contentsOf: output, encoding: .utf8), try String(contentsOf: errors, encoding: .utf8)
        )
    }

    @Test("read captures, and say which files could not be read")
    func reading() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "wstap-readme-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let example = try build(try #require(Self.examples.first), in: folder)
        let fixture = try Fixture.named("chat")
        let run = try run(example, [fixture.capture.path], in: folder)
        let messages = fixture.expectation.connections.flatMap(\.messages)
        #expect(run.status == 0 && run.errors == "")
        let found = run.output.split(separator: "\n").map { $0.drop { $0 != ":" }.dropFirst(2) }
        #expect(found.sorted() == messages.map { "\($0.from.rawValue), \($0.length) bytes" }.map { $0[...] }.sorted())
        let missing = try self.run(example, ["/nonexistent/chat.pcap"], in: folder)
        #expect(missing.status == 1 && missing.output == "" && missing.errors.contains("/nonexistent/chat.pcap"))
    }

    @Test("analyse packets of any origin")
    func packets() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "wstap-readme-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let examples = try Self.examples
        try #require(examples.count == 3)
        let run = try run(try build(examples[1], in: folder), [], in: folder)
        #expect(run.status == 0 && run.output == "" && run.errors == "")
    }

    @Test("decode the frames of RFC 6455 5.7")
    func frames() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "wstap-readme-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = try run(try build(try #require(Self.examples.last), in: folder), [], in: folder)
        #expect(run.status == 0 && run.output == "Hello\n" && run.errors == "")
    }
}
