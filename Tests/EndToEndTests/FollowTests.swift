#if os(Linux)
    import Foundation
    import GeneratedCaptures
    import TestSupport
    import Testing

    @Suite("Files that another program writes and rotates")
    struct FollowTests {
        private let folder: ScratchFolder
        private let captures: String

        init() throws {
            folder = try ScratchFolder()
            captures = folder.path("captures")
            try FileManager.default.createDirectory(atPath: captures, withIntermediateDirectories: false)
        }

        /// The generated mixed capture as rotated files.
        private static func rotatedMixture() -> (files: [[UInt8]], packets: Int) {
            var bytes: [UInt8] = []
            _ = GeneratedCapture(.mixed.scaled(by: 0.01), seed: 20).write { bytes += $0 }
            var (files, file, position, packets) = ([[UInt8]](), Array(bytes[..<24]), 24, 0)
            while position + 16 <= bytes.count {
                let length = (8..<12).reversed().reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
                file += bytes[position..<position + 16 + length]
                position += 16 + length
                packets += 1
                if file.count > bytes.count / 7 || position >= bytes.count {
                    files.append(file)
                    file = Array(bytes[..<24])
                }
            }
            return (files, packets)
        }

        /// Whether a program has read a file to its end, and is waiting.
        private func waits(_ program: Program, after path: String) -> Bool {
            let process = "/proc/\(program.identifier)"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: process + "/fd")) ?? []
            let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? -1
            let isRead = names.contains { name in
                guard (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(process)/fd/\(name)")) == path,
                    let text = try? String(contentsOfFile: "\(process)/fdinfo/\(name)", encoding: .utf8)
                else { return false }
                return text.hasPrefix("pos:\t\(size)\n")
            }
            let state = try? String(contentsOfFile: process + "/stat", encoding: .utf8)
            return isRead && state?.contains(") S ") == true
        }

        @Test(
            "give the trace of one run over all, whatever names are reused", arguments: [0, 3], [SIGINT, SIGTERM])
        func rotated(names: Int, signal: Int32) throws {
            var generator = SeededGenerator(seed: UInt64(names))
            let (files, packets) = Self.rotatedMixture()
            #expect(files.count >= 6 && packets > 5000)
            let whole = try files.enumerated().map { try folder.write("\($0.offset)", $0.element) }
            let expected = try Wstap.run(whole + ["--format", "jsonl"])
            let output = folder.path("output")
            let program = try Wstap.start(
                ["read", captures, "--follow", "--format", "jsonl"], output: output, errors: folder.path("errors"))
            for (place, bytes) in files.enumerated() {
                let path = "\(captures)/trace\(names == 0 ? place : place % names)"
                let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
                let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
                let middle = Int.random(in: 1..<bytes.count, using: &generator)
                try file.write(contentsOf: Data(bytes[..<middle]))
                if place % 3 == 0 { #expect(eventually { waits(program, after: path) }) }
                try file.write(contentsOf: Data(bytes[middle...]))
                if names > 0 || place == files.count - 1 { #expect(eventually { waits(program, after: path) }) }
            }
            program.send(signal)
            #expect(program.wait() == 0)
            let errors = try String(contentsOfFile: folder.path("errors"), encoding: .utf8)
            // The first file may be there before the program looks.
            #expect(["wstap: waiting for a file in \(captures)\n", "wstap: following \(captures)\n"].contains(errors))
            // The first line names the sources.
            let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").dropFirst()
            #expect(lines.count == expected.lines.count - 1)
            #expect(zip(lines, expected.lines.dropFirst()).allSatisfy { $0 == $1 })
        }

        @Test("are waited for, with a message on what there is")
        func waiting() throws {
            let chat = try [UInt8](Data(contentsOf: Fixture.named("chat").capture))
            // The header of a pcap file alone.
            let empty = try folder.write("empty.pcap", Array(chat.prefix(24)))
            let errors = folder.path("errors")
            for (path, words) in [
                (empty, "a packet in \(empty)"), (captures, "a file in \(captures)"),
                (folder.path("none"), "\(folder.path("none")) to appear"),
            ] {
                let program = try Wstap.start(
                    ["read", path, "--follow"], output: folder.path("nothing"), errors: errors)
                let expected = "wstap: waiting for \(words)\n"
                #expect(eventually { (try? String(contentsOfFile: errors, encoding: .utf8)) == expected })
                program.send(SIGTERM)
                #expect(program.wait() == 0)
            }
        }

        @Test("are shown as they grow, in a file too, and without a processor's time")
        func growing() throws {
            let chat = try [UInt8](Data(contentsOf: Fixture.named("chat").capture))
            let path = "\(captures)/chat.pcap"
            try Data(chat.dropLast(10)).write(to: URL(filePath: path))
            let output = folder.path("trace.jsonl")
            let program = try Wstap.start(
                ["\(captures)/*.pcap", "--follow", "--format", "jsonl", "-o", output, "-q"],
                output: folder.path("nothing"), errors: folder.path("errors"))
            #expect(eventually { waits(program, after: path) })
            let before = try String(contentsOfFile: output, encoding: .utf8)
            #expect(before.contains("\"event\":\"frame\"") && !before.contains("\"event\":\"summary\""))
            program.send(SIGTERM)
            #expect(program.wait() == 0)
            let after = try String(contentsOfFile: output, encoding: .utf8)
            #expect(after.hasPrefix(before) && after.contains("\"event\":\"summary\""))
            #expect(try String(contentsOfFile: folder.path("errors"), encoding: .utf8).isEmpty)
        }

        @Test("end when the reader of the output leaves, even if nothing more comes")
        func closedPipe() throws {
            let pipe = try NamedPipe("output", in: folder, holding: .reading)
            let program = try Wstap.start(
                ["read", captures, "--follow", "-q"], output: pipe.path, errors: folder.path("errors"))
            pipe.closeWriting()
            #expect(program.wait() == 0)
        }

        @Test(
            "cannot be a pipe, be written to a database, or have an invalid filter",
            arguments: [["-"], ["x", "--format", "sqlite", "-o", "y.db"], ["x", "-f", "no filter"]])
        func refusals(words: [String]) throws {
            #expect(try Wstap.run(["read", "--follow"] + words).status == 64)
        }
    }
#endif
