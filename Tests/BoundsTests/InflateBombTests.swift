import CZlib
import Foundation
import TestSupport
import Testing

/// Memory in use is read where Linux reports it.
@Suite("A bomb", .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status"), "there is no /proc"))
struct InflateBombTests {
    /// The number of zeros that the bombs inflate to.
    private static let inflatedCount = 200 << 20

    /// Zeros compressed by permessage-deflate (RFC 7692 7.2.1), to about a thousandth of their size.
    static func deflatedZeros(_ count: Int) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var zeros = [UInt8](repeating: 0, count: 1 << 20)
        var output = [UInt8](repeating: 0, count: count / 500 + 1024)
        let produced = output.withUnsafeMutableBufferPointer { target in
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            zeros.withUnsafeMutableBufferPointer { source in
                for start in stride(from: 0, to: count, by: source.count) {
                    stream.next_in = source.baseAddress
                    stream.avail_in = UInt32(min(source.count, count - start))
                    deflate(&stream, start + source.count < count ? Z_NO_FLUSH : Z_SYNC_FLUSH)
                }
            }
            return target.count - Int(stream.avail_out)
        }
        return Array(output[..<(produced - 4)])
    }

    /// A session in which the client sends such messages in segments of the usual size, and both ends go on.
    private static func session(_ bombs: [[UInt8]]) -> TCPConversation {
        let field = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(fields: field), from: .client)
        talk.send(TCPConversation.upgradeResponse(fields: field), from: .server)
        for bomb in bombs {
            let bytes = WireFrame(1, bomb, from: .client, compressed: true).bytes
            for start in stride(from: 0, to: bytes.count, by: 1448) {
                talk.send(Array(bytes[start..<min(start + 1448, bytes.count)]), from: .client)
            }
        }
        talk.send(WireFrame.text("unharmed", from: .client), from: .client)
        talk.send(WireFrame.text("likewise", from: .server), from: .server)
        return talk
    }

    @Test(
        "of 200 MB in 200 KB is stopped and reported, in less than 64 MB", arguments: ["timeline", "summary", "jsonl"])
    func single(format: String) throws {
        let bomb = Self.deflatedZeros(Self.inflatedCount)
        #expect(bomb.count < 210_000)
        let run = try measure(Self.session([bomb]), format)
        #expect(run.text.contains("deflate.bomb"))
        if format != "summary" {
            #expect(run.text.contains("unharmed") && run.text.contains("likewise"))
        }
        #expect(run.memory < 64 << 20)
    }

    @Test("in many messages, each within the bounds, takes no more")
    func many() throws {
        // 250 times their size, 200 MB together.
        let part = Self.deflatedZeros(900 << 10)
        let run = try measure(Self.session(Array(repeating: part, count: 220)), "summary")
        #expect(!run.text.contains("deflate.bomb"))
        #expect(run.memory < 64 << 20)
    }

    /// The program's output, and its peak memory.
    private func measure(_ talk: TCPConversation, _ format: String) throws -> (text: String, memory: Int) {
        let folder = try ScratchFolder()
        let input = try NamedPipe("input", in: folder, holding: .writing)
        let output = folder.path("output")
        let program = try Wstap.start(
            ["-", "--format", format], input: input.path, output: output, errors: folder.path("errors"))
        input.write(talk.packets.pcap())
        // Everything but what a pipe holds was read: the bomb is long over.
        let memory = try #require(program.peakMemory)
        input.closeWriting()
        #expect(program.wait() == 0)
        return (String(decoding: try Data(contentsOf: URL(filePath: output)), as: UTF8.self), memory)
    }
}
