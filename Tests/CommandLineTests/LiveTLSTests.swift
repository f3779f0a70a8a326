import Foundation
import TestSupport
import Testing
import WireFormat

@Suite(
    "TLS on an interface", .serialized,
    .enabled(if: LiveCapture.isPermitted, "capturing from the loopback interface is not permitted"))
struct LiveTLSTests {
    /// Replays a recorded session on the loopback interface.
    private static func replay(_ session: RecordedSession, on talk: LoopbackTalk, between: (Int) throws -> Void) throws
    {
        try talk.connect()
        for (index, piece) in session.pieces.enumerated() {
            talk.send(piece.bytes, from: piece.direction == .fromInitiator ? .client : .server)
            try between(index)
        }
        talk.hangUp()
    }

    private static func append(_ text: String, to path: String) throws {
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    @Test("is decrypted with a key log that is written at the same time, in pieces", arguments: ["tls13", "tls12"])
    func growing(version: String) throws {
        let session = try RecordedSession("websocket-\(version)")
        let talk = try LoopbackTalk()
        let folder = try ScratchFolder()
        let path = folder.path("keys.txt")
        try "# Begins without a secret.\n".write(toFile: path, atomically: false, encoding: .utf8)
        let capture = try LiveCapture(port: talk.port, ["--format", "jsonl", "--keylog", path])
        let half = session.keyLog.index(session.keyLog.startIndex, offsetBy: session.keyLog.count / 2)
        try Self.replay(session, on: talk) { index in
            // The first half of the log, which ends inside a line, comes with the hellos; the rest comes a packet
            // later.
            if index == 1 { try Self.append(String(session.keyLog[..<half]), to: path) }
            if index == 2 { try Self.append(String(session.keyLog[half...]), to: path) }
        }
        let end = try capture.read(until: "\"event\":\"end\"")
        #expect(end.contains("\"code\":4567"))
        capture.program.send(SIGINT)
        let summary = try #require(try capture.end().lines.last)
        #expect(summary.contains("\"messages\":16,") && summary.contains("\"decrypted\":1,"))
    }

    @Test("is saved with its secrets only on request", arguments: [true, false])
    func savedSecrets(isAsked: Bool) throws {
        let session = try RecordedSession("websocket-tls13")
        let talk = try LoopbackTalk()
        let folder = try ScratchFolder()
        let (path, foreign) = (folder.path("keys.txt"), String(repeating: "c0ffee42", count: 8))
        // A line of another session, which must not get into the file.
        let other = "CLIENT_TRAFFIC_SECRET_0 \(String(repeating: "9", count: 64)) \(foreign)\n"
        try (other + session.keyLog).write(toFile: path, atomically: false, encoding: .utf8)
        let capture = try LiveCapture(
            port: talk.port,
            ["--format", "jsonl", "--keylog", path, "-w", "FOLDER/a.pcapng", "--write-websocket-only"]
                + (isAsked ? ["--write-secrets"] : []))
        try Self.replay(session, on: talk) { _ in }
        try capture.read(until: "\"event\":\"end\"")
        capture.program.send(SIGINT)
        #expect(try capture.end().status == 0)
        let file = capture.folder.path("a.pcapng")
        let bytes = try Data(contentsOf: URL(filePath: file))
        #expect(bytes.firstRange(of: Data(foreign.utf8)) == nil)
        for line in session.keyLog.split(separator: "\n") {
            // An exporter secret decrypts no record.
            let isExpected = isAsked && !line.hasPrefix("EXPORTER_SECRET")
            #expect((bytes.firstRange(of: Data(line.utf8)) != nil) == isExpected)
        }
        let read = try Wstap.run([file, "--format", "jsonl"])
        #expect(read.status == 0 && read.lines.last?.contains("\"messages\":\(isAsked ? 16 : 0),") == true)
    }
}
