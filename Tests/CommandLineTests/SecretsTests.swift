import Foundation
import TestSupport
import Testing
import WireFormat

@Suite("TLS secrets")
struct SecretsTests {
    private static func talk(_ session: RecordedSession, millisecondsBetween: Int64 = 1) -> [TimedPacket] {
        var talk = TCPConversation(from: "10.0.0.7:40000", to: "10.0.0.9:443")
        talk.open()
        for piece in session.pieces {
            let sender: ExpectedMessage.Sender = piece.direction == .fromInitiator ? .client : .server
            talk.wait(milliseconds: millisecondsBetween)
            talk.send(piece.bytes, from: sender)
            talk.acknowledge(from: sender.peer)
        }
        talk.finish(first: .server)
        return talk.packets
    }

    /// A pcapng file with a secrets block before a packet; nil puts it after the last packet.
    private static func pcapng(_ packets: [TimedPacket], _ keyLog: String, before place: Int?) -> [UInt8] {
        var builder = PcapngBuilder()
        builder.appendInterface(resolution: 9)
        func secrets() {
            let text = Array(keyLog.utf8)
            let length = withUnsafeBytes(of: UInt32(text.count).littleEndian) { Array($0) }
            // 0x544C534B (draft-ietf-opsawg-pcapng 10.2)
            let padding = [UInt8](repeating: 0, count: (4 - text.count % 4) % 4)
            builder.appendBlock(10, [0x4B, 0x53, 0x4C, 0x54] + length + text + padding)
        }
        for (index, packet) in packets.enumerated() {
            if index == place { secrets() }
            builder.append(packet.bytes, ticks: UInt64(packet.time.nanoseconds))
        }
        if place == nil { secrets() }
        return builder.bytes
    }

    @Test("are found anywhere in a file", arguments: [0, 20, nil], [1, 2])
    func blocks(place: Int?, jobs: Int) throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let file = try folder.write("a.pcapng", Self.pcapng(Self.talk(session), session.keyLog, before: place))
        let run = try Wstap.run([file, "--format", "jsonl", "--jobs", "\(jobs)"])
        #expect(run.status == 0 && run.lines.last?.contains("\"messages\":16,") == true)
    }

    @Test("are found in standard input that is a regular file", arguments: [1, 2])
    func standardInput(jobs: Int) throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let file = try folder.write("a.pcapng", Self.pcapng(Self.talk(session), session.keyLog, before: 0))
        let run = try Wstap.run(["-", "--format", "jsonl", "--jobs", "\(jobs)"], input: file)
        #expect(run.status == 0 && run.lines.last?.contains("\"messages\":16,") == true)
    }

    @Test("are waited for in a pipe, for at most a second", arguments: [1, 400])
    func pipe(millisecondsBetween: Int64) throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let packets = Self.talk(session, millisecondsBetween: millisecondsBetween)
        let bytes = Self.pcapng(packets, session.keyLog, before: 20)
        let input = try NamedPipe("input", in: folder, holding: .writing)
        let output = folder.path("output")
        let program = try Wstap.start(
            ["-", "--format", "jsonl"], input: input.path, output: output, errors: folder.path("errors"))
        input.write(bytes)
        input.closeWriting()
        #expect(program.wait() == 0)
        let text = try String(contentsOfFile: output, encoding: .utf8)
        let isInTime = millisecondsBetween == 1
        #expect(text.contains("\"messages\":\(isInTime ? 16 : 0),"))
        // Later secrets are of no use, and the reason is reported.
        #expect(text.contains("\"no_secret\":1,") || text.contains("\"no_key_log\":1,") || isInTime)
    }

    @Test(
        "are in no output",
        arguments: [
            ["-v"], ["--format", "summary"], ["--format", "jsonl", "--frame-payloads"], ["--format", "html"],
            ["--format", "svg"],
        ])
    func noOutput(options: [String]) throws {
        let session = try RecordedSession("websocket-tls12")
        let folder = try ScratchFolder()
        let file = try folder.write("a.pcap", Self.talk(session).pcap())
        let keyLog = try folder.write("keys.txt", Array(session.keyLog.utf8))
        let run = try Wstap.run([file, "--keylog", keyLog] + options)
        #expect(run.status == 0)
        let everything = (run.text + run.errors).lowercased()
        for line in session.keyLog.split(separator: "\n") {
            let secret = try #require(line.split(separator: " ").last).lowercased()
            // Not even a part of one, in hexadecimal or base64.
            #expect(!everything.contains(secret.prefix(24)))
            let encoded = Data(bytes(hex: secret)).base64EncodedString().lowercased()
            #expect(!everything.contains(encoded.prefix(16)))
        }
    }

    @Test("of another session do not help, which is reported")
    func foreign() throws {
        let session = try RecordedSession("websocket-tls13")
        let other = try RecordedSession("websocket-tls12")
        let folder = try ScratchFolder()
        let file = try folder.write("a.pcap", Self.talk(session).pcap())
        let keyLog = try folder.write("keys.txt", Array(other.keyLog.utf8))
        let run = try Wstap.run([file, "--keylog", keyLog, "-v"])
        #expect(run.status == 0 && run.errors.contains("1 TLS (no secret for this client random)"))
        #expect(run.text.contains("server.example, TLS 1.3") && run.text.contains("no secret for this client random"))
    }

    /// Key logs without a secret.
    static let filesWithoutSecrets = [
        "", "not a key log", "# comment\r\n\r\n", "CLIENT_RANDOM 00 11\n<html>\n",
        // A ClientHello's random has 32 bytes.
        "CLIENT_RANDOM \(String(repeating: "ab", count: 31)) \(String(repeating: "cd", count: 48))\n",
    ]

    @Test("are missing from a file that is not a key log, which is reported once", arguments: filesWithoutSecrets)
    func useless(text: String) throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let file = try folder.write("a.pcap", Self.talk(session).pcap())
        let wrong = try folder.write("wrong.txt", Array(text.utf8))
        let right = try folder.write("right.txt", Array(session.keyLog.utf8))
        let warning = "wstap: \(wrong): holds no TLS secrets\n"
        let run = try Wstap.run([file, "--keylog", wrong, "--keylog", right, "--no-progress"])
        #expect(run.status == 0 && run.errors == warning)
        let cut = try Wstap.run(["cut", file, "--keylog", wrong, "-o", folder.path("b.pcapng"), "--no-progress"])
        #expect(cut.errors.components(separatedBy: warning).count == 2)
        #expect(try !Wstap.run([file, "--keylog", wrong, "-q"]).errors.contains("no TLS secrets"))
        let advice = try Wstap.run([file, "--keylog", wrong, "--no-progress"]).errors
        #expect(advice.contains("what was given holds no secrets") && !advice.contains("give --keylog"))
    }

    @Test("of a pipe are read up to a bound, which is reported")
    func longPipe() throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let file = try folder.write("a.pcap", Self.talk(session).pcap())
        let comments = String(repeating: "# a comment of 16\n", count: 1 << 20)
        let keyLog = try folder.write("keys.txt", Array((session.keyLog + comments).utf8))
        #expect(try Wstap.run([file, "--keylog", keyLog, "--no-progress"]).errors == "")
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let writer = try Program("/bin/cp", [keyLog, pipe], output: folder.path("out"), errors: folder.path("errors"))
        let run = try Wstap.run([file, "--keylog", pipe, "--no-progress"])
        #expect(run.errors == "wstap: \(pipe): is not a file, so that only its first 16 MiB are read\n")
        #expect(run.status == 0 && run.text.contains("4567"))
        _ = writer.wait()

        let errors = folder.path("errors of wstap")
        let again = try Program("/bin/cp", [keyLog, pipe], output: folder.path("out"), errors: folder.path("errors"))
        let follower = try Wstap.start(
            ["read", file, "--follow", "--keylog", pipe], output: folder.path("output"), errors: errors)
        #expect(
            eventually {
                (try? String(contentsOfFile: errors, encoding: .utf8))?.contains("only its first 16 MiB") == true
            })
        follower.send(SIGINT)
        #expect(follower.wait() == 0)
        _ = again.wait()
    }

    @Test("after the packets of a pipe suggest a file, but not a key log")
    func latePipe() throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let bytes = Self.pcapng(Self.talk(session), session.keyLog, before: nil)
        let file = try folder.write("a.pcapng", bytes)
        #expect(try Wstap.run([file, "--no-progress"]).errors == "")
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let writer = try Program("/bin/cp", [file, pipe], output: folder.path("out"), errors: folder.path("errors"))
        let run = try Wstap.run(["-", "--no-progress"], input: pipe)
        _ = writer.wait()
        #expect(
            run.errors.contains("to decrypt TLS, save the capture and read the file")
                && !run.errors.contains("SSLKEYLOG"))

        let page = try Program("/bin/cp", [file, pipe], output: folder.path("out"), errors: folder.path("errors"))
        let html = try Wstap.run(["-", "--no-progress", "--format", "html"], input: pipe)
        _ = page.wait()
        #expect(
            html.text.contains("To decrypt TLS, save the capture and read the file")
                && !html.text.contains("SSLKEYLOG"))
    }

    @Test("are not waited for if a pipe replaces a followed key log")
    func replacedByPipe() throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let (capture, output, errors) = (folder.path("a.pcap"), folder.path("output"), folder.path("errors"))
        let keys = try folder.write("keys", Array((session.keyLog + "\n").utf8))
        let program = try Wstap.start(
            ["read", capture, "--follow", "--keylog", keys, "--format", "jsonl"], output: output, errors: errors)
        func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        #expect(eventually { text(errors).contains("waiting for") })
        #expect(unlink(keys) == 0 && mkfifo(keys, 0o600) == 0)
        _ = try folder.write("a.pcap", Self.pcapng(Self.talk(session), "", before: 0))
        #expect(eventually { text(output).contains("\"event\":\"end\"") })
        // A program that waits for a writer is released.
        let writer = open(keys, O_RDWR | O_NONBLOCK)
        program.send(SIGINT)
        #expect(program.wait() == 0)
        close(writer)
        #expect(text(output).contains("\"messages\":16,") && text(errors).contains("it is no regular file"))
    }

    enum Change: CaseIterable {
        case append, replace, rotate, rewrite, rewriteLonger, rewriteAsLong
    }

    @Test("are read from a key log that changes while a capture is followed", arguments: Change.allCases)
    func followed(change: Change) throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let (capture, output, errors) = (folder.path("a.pcap"), folder.path("output"), folder.path("errors"))
        // Longer than the log that follows, so that the rewritten file is shorter.
        let foreign = String(repeating: "# nothing\n", count: session.keyLog.utf8.count / 10 + 1)
        let keys = try folder.write("keys", Array(foreign.utf8))
        let program = try Wstap.start(
            ["read", capture, "--follow", "--keylog", keys, "--format", "jsonl"], output: output, errors: errors)
        func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        #expect(eventually { text(errors).contains("waiting for") })
        let secrets = session.keyLog + "\n"
        switch change {
        case .append: try (foreign + secrets).write(toFile: keys, atomically: false, encoding: .utf8)
        case .replace: try secrets.write(toFile: keys, atomically: true, encoding: .utf8)
        case .rotate:
            #expect(rename(keys, keys + ".1") == 0)
            _ = try folder.write("keys", Array(secrets.utf8))
        case .rewrite: try secrets.write(toFile: keys, atomically: false, encoding: .utf8)
        case .rewriteLonger:
            try (secrets + foreign).write(toFile: keys, atomically: false, encoding: .utf8)
        case .rewriteAsLong:
            let rest = String(repeating: "#", count: foreign.utf8.count - secrets.utf8.count)
            try (secrets + rest).write(toFile: keys, atomically: false, encoding: .utf8)
        }
        _ = try folder.write("a.pcap", Self.pcapng(Self.talk(session), "", before: 0))
        #expect(eventually { text(output).contains("\"event\":\"end\"") })
        program.send(SIGINT)
        #expect(program.wait() == 0)
        #expect(text(output).contains("\"messages\":16,"))
    }

    @Test("are read from a key log that was replaced, if its writer has not noticed")
    func replacedUnnoticed() throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let (capture, output, errors) = (folder.path("a.pcap"), folder.path("output"), folder.path("errors"))
        let keys = try folder.write("keys", Array("# nothing\n".utf8))
        let program = try Wstap.start(
            ["read", capture, "--follow", "--keylog", keys, "--format", "jsonl"], output: output, errors: errors)
        func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        #expect(eventually { text(errors).contains("waiting for") })
        #expect(rename(keys, keys + ".1") == 0)
        _ = try folder.write("keys", Array("# another file\n".utf8))
        let bytes = Self.pcapng(Self.talk(session), "", before: 0)
        // The first packets have the new file noticed.
        _ = try folder.write("a.pcap", Array(bytes.prefix(400)))
        usleep(300_000)
        _ = try folder.write("keys.1", Array((session.keyLog + "\n").utf8))
        let rest = try FileHandle(forWritingTo: URL(fileURLWithPath: capture))
        try rest.seekToEnd()
        try rest.write(contentsOf: Data(bytes.dropFirst(400)))
        #expect(eventually { text(output).contains("\"event\":\"end\"") })
        program.send(SIGINT)
        #expect(program.wait() == 0)
        #expect(text(output).contains("\"messages\":16,"))
    }

    @Test(
        "make a file that only its owner may read, whatever was there before", arguments: [nil, 0o664, 0o600],
        [true, false])
    func privateFile(mode: Int?, isAsked: Bool) throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let file = try folder.write("a.pcap", Self.talk(session).pcap())
        let keyLog = try folder.write("keys.txt", Array(session.keyLog.utf8))
        let path = folder.path("b.pcapng")
        if let mode {
            _ = try folder.write("b.pcapng", [])
            #expect(chmod(path, mode_t(mode)) == 0)
        }
        let run = try Wstap.run(
            ["cut", file, "--keylog", keyLog, "-o", path, "--no-progress"] + (isAsked ? ["--write-secrets"] : []))
        var status = stat()
        #expect(run.status == 0 && stat(path, &status) == 0)
        let others = Int(status.st_mode & 0o077)
        #expect(isAsked ? others == 0 : mode.map { others == $0 & 0o077 } ?? (others != 0))
    }

    @Test("that do not fit are a finding without a session, whatever the number of threads")
    func wrong() throws {
        let session = try RecordedSession("websocket-tls13")
        let folder = try ScratchFolder()
        let file = try folder.write("a.pcap", Self.talk(session).pcap())
        let lines = session.keyLog.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            return words.count == 3 ? "\(words[0]) \(words[1]) \(String(words[2].reversed()))\n" : ""
        }
        let keyLog = try folder.write("keys.txt", Array(lines.joined().utf8))
        let runs = try [1, 2, 8].map { jobs in
            try Wstap.run([file, "--keylog", keyLog, "--format", "jsonl", "--jobs", "\(jobs)"])
        }
        let finding = try #require(runs[0].lines.first { $0.contains("\"tls.wrong-secret\"") })
        #expect(finding.contains("\"connection\":null,"))
        #expect(runs.allSatisfy { $0.status == 0 && $0.output == runs[0].output })
    }

    @Test("show the states of connections in which bytes are missing, whatever the number of threads")
    func states() throws {
        let session = try RecordedSession("websocket-tls13")
        let ofServer = session.pieces.indices.filter { session.pieces[$0].direction == .fromResponder }
        let lost = try #require(ofServer.dropLast(2).last)
        var packets: [TimedPacket] = []
        for number in 0..<6 {
            var talk = TCPConversation(from: "10.0.0.7:\(40_000 + number)", to: "10.0.0.9:443")
            talk.wait(milliseconds: Int64(number))
            talk.open()
            for (index, piece) in session.pieces.enumerated() {
                let sender: ExpectedMessage.Sender = piece.direction == .fromInitiator ? .client : .server
                if index == lost {
                    talk.lose(piece.bytes.count, from: sender)
                } else {
                    talk.send(piece.bytes, from: sender)
                }
            }
            packets += talk.packets
        }
        let folder = try ScratchFolder()
        let file = try folder.write("a.pcap", packets.sorted { $0.time < $1.time }.pcap())
        let keyLog = try folder.write("keys.txt", Array(session.keyLog.utf8))
        let runs = try [1, 2, 8].map { jobs in try Wstap.run([file, "--keylog", keyLog, "-v", "--jobs", "\(jobs)"]) }
        let gaps = runs[0].text.split(separator: "\n").filter { $0.contains("[tcp.gap") }
        // The capture's last packet, which makes the gaps known, is not counted.
        #expect(gaps.count == 6 && gaps.allSatisfy { $0.contains("client ESTABLISHED ") })
        #expect(gaps.allSatisfy { !$0.contains("  seq ") && !$0.contains("connecting") })
        #expect(runs.allSatisfy { $0.output == runs[0].output })
    }

    @Test("that cannot be read end the run", arguments: ["missing", "."])
    func unreadable(name: String) throws {
        let folder = try ScratchFolder()
        let file = try folder.write("a.pcap", [])
        #expect(try Wstap.run([file, "--keylog", folder.path(name)]).status == 2)
    }
}
