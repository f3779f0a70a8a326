import Foundation
import TestSupport
import Testing

/// Memory in use comes from Linux's /proc.
@Suite("Memory", .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status"), "there is no /proc"))
struct MemoryTests {
    /// A capture of this many short sessions, one after another, each from a port of its own.
    private func sessions(_ count: Int) -> [UInt8] {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("hello", from: .client)
        talk.finish(first: .client)
        var builder = PcapBuilder()
        for number in 0..<count {
            for (index, packet) in talk.packets.enumerated() {
                let isFromClient = packet.bytes[26..<30] == [10, 0, 0, 7]
                builder.append(
                    packet.bytes.changingPort(at: isFromClient ? 34 : 36, to: UInt16(1024 + number)),
                    seconds: 1_700_000_000 + UInt32(number), fraction: UInt32(index))
            }
        }
        return builder.bytes
    }

    /// The peak memory for reading a capture from a pipe, and the summary.
    private func peak(_ capture: [UInt8]) throws -> (memory: Int, summary: TraceEvent?) {
        let folder = try ScratchFolder()
        let input = try NamedPipe("input", in: folder, holding: .writing)
        let output = folder.path("trace")
        let program = try Wstap.start(
            ["-", "--format", "jsonl", "--events", "summary"], input: input.path, output: output,
            errors: folder.path("errors"))
        input.write(capture)
        // Everything but what a pipe holds was read.
        let memory = try #require(program.peakMemory)
        input.closeWriting()
        #expect(program.wait() == 0)
        return (memory, try Trace([UInt8](Data(contentsOf: URL(filePath: output)))).events.last)
    }

    @Test("does not grow with sessions that have ended")
    func closedSessions() throws {
        let few = try peak(sessions(1000))
        let many = try peak(sessions(20_000))
        #expect(many.summary?.websocketConnections == 20_000)
        #expect(many.summary?.messages == 20_000)
        // If they were kept, the others would take several kilobytes each.
        #expect(many.memory - few.memory < 4 << 20)
    }

    @Test("does not grow with the length of a session")
    func longSession() throws {
        func session(_ count: Int) -> [UInt8] {
            var talk = TCPConversation()
            talk.openWebSocket()
            let message = WireFrame(2, [UInt8](repeating: 9, count: 1300), from: .server).bytes
            for _ in 0..<count { talk.send(message, from: .server) }
            return talk.packets.pcap()
        }
        let short = try peak(session(100))
        let long = try peak(session(4000))
        #expect(long.summary?.messages == 4000)
        #expect(long.memory - short.memory < 2 << 20)
    }
}

extension [UInt8] {
    /// The Ethernet packet with another TCP port, its checksum corrected (RFC 1624 3).
    fileprivate func changingPort(at offset: Int, to port: UInt16) -> [UInt8] {
        func word(_ offset: Int) -> UInt32 { UInt32(self[offset]) << 8 | UInt32(self[offset + 1]) }
        var sum = (~word(50) & 0xffff) + (~word(offset) & 0xffff) + UInt32(port)
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        var packet = self
        packet.replaceSubrange(offset..<offset + 2, with: port.bigEndianBytes)
        packet.replaceSubrange(50..<52, with: UInt16(~sum & 0xffff).bigEndianBytes)
        return packet
    }
}
