import Foundation
import TestSupport
import Testing

/// The programs in README.md and in the articles of the library's documentation, in a separate package that depends on
/// this one by path, as a reader's package would.
@Suite("The examples of the library's documentation, in a package outside")
struct LibraryExampleTests {
    /// An example, and the page that shows it.
    private struct Example {
        let name: String
        let text: String

        /// The product, with its imports.
        var product: String {
            ["CaptureReading", "CaptureAnalysis", "PacketCapture", "WebSocketProtocol"].first {
                text.contains("import \($0)\n")
            } ?? "none"
        }
    }

    private let folder: ScratchFolder
    private let programs: URL

    /// The pages with examples, and the number of examples.
    private static let pages = [
        ("README.md", 3), ("Sources/CaptureReading/CaptureReading.docc/AnalyseAFile.md", 1),
        ("Sources/CaptureReading/CaptureReading.docc/CaptureReading.md", 1),
        ("Sources/WebSocketProtocol/WebSocketProtocol.docc/DecodeFramesFromBytes.md", 1),
        ("Sources/CaptureReading/CaptureReading.docc/FollowALiveSource.md", 1),
    ]

    /// An example that no page shows: a class that owns a reader and a stream, in a module that imports nothing else.
    private static let owner =
        "import WebSocketProtocol\n" + """

            final class Connection {
                private let frames = FrameReader(sender: .server)
                private var stream = WebSocketStream(sender: .client)
                private(set) var opcodes: [String] = []

                func receive(_ bytes: [UInt8]) {
                    for case .frame(let frame, _) in frames.read(bytes) { opcodes.append("\\(frame.header.opcode)") }
                }
            }

            let connection = Connection()
            for byte: UInt8 in [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x89, 0x00] { connection.receive([byte]) }
            print(connection.opcodes)

            """

    /// The folder of the programs, which are built once, since all tests share the package.
    private static let built = Result { try build() }

    init() throws {
        folder = try ScratchFolder()
        programs = try Self.built.get()
    }

    private static func build() throws -> URL {
        var examples = [Example(name: "Owner", text: owner)]
        for (page, count) in pages {
            let text = try String(contentsOf: Repository.root.appending(path: page), encoding: .utf8)
            let found = text.matches(of: /\n```swift\n((?s:.+?))```\n/).map { String($0.1) }
            try #require(found.count == count, "\(page)")
            let name = URL(filePath: page).deletingPathExtension().lastPathComponent
            for (index, text) in found.enumerated() {
                examples.append(Example(name: "\(name)\(index)", text: adapted(text)))
            }
        }
        let targets = examples.map {
            ".executableTarget(name: \"\($0.name)\", dependencies: [.product(name: \"\($0.product)\", package: \"wstap\")])"
        }
        let manifest =
            "// swift-tools-version: 6.2\nimport PackageDescription\n" + """

                let package = Package(
                    name: "outside",
                    dependencies: [.package(name: "wstap", path: "\(Repository.root.path)")],
                    targets: [\(targets.joined(separator: ", "))])

                """
        // What was built or downloaded once stays, so that only the first run takes minutes.
        let build = Repository.root.appending(path: ".build/outside")
        let package = build.appending(path: "package")
        try? FileManager.default.removeItem(at: package.appending(path: "Sources"))
        for (path, text) in [("Package.swift", manifest)] + examples.map({ ("Sources/\($0.name)/main.swift", $0.text) })
        {
            let file = package.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            if (try? String(contentsOf: file, encoding: .utf8)) == text { continue }
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let resolved = "Package.resolved"
        try? FileManager.default.copyItem(
            at: Repository.root.appending(path: resolved), to: package.appending(path: resolved))
        let words = ["--package-path", package.path, "--scratch-path", build.path]
        // A cached plan does not include files that are new in this package.
        let (status, text) = try Command.run(
            ["nice", "swift", "build", "--jobs", "1", "--disable-build-manifest-caching"] + words)
        try #require(status == 0, "\(text.suffix(3000))")
        let (_, path) = try Command.run(["swift", "build", "--show-bin-path"] + words)
        return URL(filePath: String(path.split(separator: "\n").last ?? ""))
    }

    /// A port that nothing else is likely to use.
    private static let port = 47_831

    /// A live example, adapted to this machine and limited to two seconds.
    private static func adapted(_ text: String) -> String {
        text.replacing("\"eth0\"", with: "\"lo\"").replacing("tcp port 8080", with: "tcp port \(port)")
            .replacing(".seconds(3600)", with: ".seconds(3)")
    }

    private func run(
        _ name: String, _ arguments: [String] = []
    ) throws -> (status: Int32, output: String, errors: String) {
        let (output, errors) = (folder.path("output"), folder.path("errors"))
        let program = programs.appending(path: name).path
        let status = try Program(
            "/usr/bin/env", ["-C", folder.path(""), program] + arguments, output: output, errors: errors
        ).wait()
        return (
            status, try String(contentsOfFile: output, encoding: .utf8),
            try String(contentsOfFile: errors, encoding: .utf8)
        )
    }

    @Test("run, and do what the pages say")
    func examples() throws {
        let fixture = try Fixture.named("chat")
        let chat = try [UInt8](Data(contentsOf: fixture.capture))
        let messages = fixture.expectation.connections.flatMap(\.messages)
        let sent = messages.map { "\($0.from.rawValue)" }.sorted()

        // Every message of some files, and which files could not be read.
        let read = try run("README0", [fixture.capture.path])
        #expect(read.status == 0 && read.errors == "")
        let found = read.output.split(separator: "\n").map { $0.drop { $0 != ":" }.dropFirst(2) }
        #expect(found.sorted() == messages.map { "\($0.from.rawValue), \($0.length) bytes" }.map { $0[...] }.sorted())
        let missing = try run("README0", ["/nonexistent/chat.pcap"])
        #expect(missing.status == 1 && missing.output == "" && missing.errors.contains("/nonexistent/chat.pcap"))

        // Packets from any source: there are none. Frames from any bytes: RFC 6455 5.7.
        let packets = try run("README1")
        #expect(packets.status == 0 && packets.output == "" && packets.errors == "")
        let frames = try run("README2")
        #expect(frames.status == 0 && frames.output == "Hello\n" && frames.errors == "")
        let decoded = try run("DecodeFramesFromBytes0")
        #expect(decoded.status == 0 && decoded.errors == "")
        #expect(decoded.output == "text, 5 bytes\nHello\n")
        #expect(try run("Owner").output == "[\"text\", \"ping\"]\n")

        // The events of files, asynchronously.
        _ = try folder.write("chat.pcap", chat)
        let events = try run("CaptureReading0")
        #expect(events.status == 0 && events.errors == "")
        #expect(events.output.split(separator: "\n").map { String($0.prefix { $0 != " " }) }.sorted() == sent)
        _ = try folder.write("monday.pcapng", chat)
        let incomplete = try run("AnalyseAFile0").output.split(separator: "\n")
        // According to the endpoints' log, the client closes both.
        #expect(incomplete.prefix(2) == ["1 closeFrame client", "2 closeFrame client"])
        #expect(incomplete.count == 3 && incomplete.last?.hasPrefix("incomplete: tuesday.pcap") == true)
        _ = try folder.write("tuesday.pcap", try [UInt8](Data(contentsOf: Fixture.named("half-close").capture)))
        let ends = try run("AnalyseAFile0").output.split(separator: "\n")
        #expect(ends.count >= 3 && !ends.contains { $0.hasPrefix("incomplete") }, "\(ends)")
    }

    @Test("follow an interface until they are cancelled", .enabled(if: geteuid() == 0, "capturing is not permitted"))
    func live() throws {
        let (output, errors) = (folder.path("output"), folder.path("errors"))
        let program = try Program(
            programs.appending(path: "FollowALiveSource0").path, [], output: output, errors: errors)
        // A session every 100 ms: request, response, and "Hello" from the server (RFC 6455 1.3, 5.7).
        let talk =
            "import socket, time\n" + """
                server = socket.create_server(("127.0.0.1", \(Self.port)))
                for _ in range(20):
                    client = socket.create_connection(("127.0.0.1", \(Self.port)))
                    peer, _ = server.accept()
                    client.sendall(b"GET /chat HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n")
                    peer.recv(4096)
                    peer.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\r\\n\\r\\n\\x81\\x05Hello")
                    client.recv(4096)
                    client.close()
                    peer.close()
                    time.sleep(0.1)
                """
        let (status, text) = try Command.run(["python3", "-c", talk])
        #expect(status == 0, "\(text)")
        #expect(program.wait() == 0)
        #expect(try String(contentsOfFile: errors, encoding: .utf8) == "")
        #expect(try String(contentsOfFile: output, encoding: .utf8).hasPrefix("server 5\n"))
    }
}
