import Foundation
import PacketDecoding
import TestSupport
import Testing
import WireFormat

/// Inputs meant to exhaust an observer's memory.
///
/// Peak memory comes from Linux's /proc.
@Suite(
    "Memory under attack",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status"), "there is no /proc"))
struct AttackMemoryTests {
    /// An input made packet by packet: the n-th packet, until there is none.
    struct Attack: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var packets: Int
        /// The number of frames in its only session; nil if there is no session.
        var frames: Int?
        /// Whether it makes wstap give up connections.
        var isGivenUp = false
        var packet: @Sendable (Int) -> [UInt8]
    }

    /// The n-th connection's segment, made from a template whose source is 10.1.0.0:1024 and whose sequence number is
    /// 0.
    private static func segment(_ connection: Int, _ sequence: UInt32, of template: [UInt8]) -> [UInt8] {
        var packet = template
        packet.change(at: 28, to: UInt16(connection / 60_000))
        packet.change(at: 34, to: UInt16(1024 + connection % 60_000))
        packet.change(at: 38, to: UInt16(sequence >> 16))
        packet.change(at: 40, to: UInt16(truncatingIfNeeded: sequence))
        return packet
    }

    private static func template(_ flags: TCPFlags, _ payload: [UInt8] = []) -> [UInt8] {
        TCPPacket(
            from: Endpoint("10.1.0.0:1024"), to: Endpoint("10.0.0.9:8080"), sequence: 0,
            acknowledgment: flags.contains(.ack) ? 2001 : 0, flags: flags, payload: payload
        ).ethernet()
    }

    private static let syn = template(.syn)
    private static let byte = template([.psh, .ack], [7])
    private static let data = template([.psh, .ack], [UInt8](repeating: 7, count: 1400))
    private static let head = template(
        [.psh, .ack], Array("GET / HTTP/1.1\r\nX: ".utf8) + [UInt8](repeating: 0x79, count: 1300))
    private static let request = template([.psh, .ack], Array(TCPConversation.upgradeRequest().utf8))
    private static let pings = template([.psh, .ack], (0..<60_000).map { $0 % 2 == 0 ? 0x89 : 0x00 })
    private static let longFrame = template(
        [.psh, .ack], [0x81, 0xff, 0x7f] + [UInt8](repeating: 0xff, count: 7) + [1, 2, 3, 4])

    private static let answer = TCPPacket(
        from: Endpoint("10.0.0.9:8080"), to: Endpoint("10.1.0.0:1024"), sequence: 2001, acknowledgment: 1001,
        flags: [.psh, .ack], payload: Array(TCPConversation.upgradeResponse().utf8)
    ).ethernet()

    /// A session's first packets, then the client's segments of `length` bytes, after a special first one if there is
    /// one.
    private static func session(
        _ number: Int, of template: [UInt8], _ length: Int, after first: [UInt8] = [], _ firstLength: Int = 0
    ) -> [UInt8] {
        let behind = 1001 + UInt32(TCPConversation.upgradeRequest().utf8.count)
        switch number {
        case 0: return segment(0, 1000, of: syn)
        case 1: return segment(0, 1001, of: request)
        case 2: return answer
        case 3 where firstLength > 0: return segment(0, behind, of: first)
        default:
            let place = firstLength + (number - (firstLength > 0 ? 4 : 3)) * length
            return segment(0, behind &+ UInt32(truncatingIfNeeded: place), of: template)
        }
    }

    static let attacks: [Attack] = [
        Attack(testDescription: "half-open connections", packets: 140_000, isGivenUp: true) {
            segment($0, 1000, of: syn)
        },
        // After a hole at the start, frames are searched for, but not forever.
        Attack(
            testDescription: "bytes out of order, of many connections", packets: 60_000, isGivenUp: true
        ) { number in
            let (round, connection) = number.quotientAndRemainder(dividingBy: 100)
            return round == 0
                ? segment(connection, 1000, of: syn) : segment(connection, 1001 + 1400 * UInt32(round), of: data)
        },
        Attack(testDescription: "segments of one byte with holes between them", packets: 60_000) { number in
            let (round, connection) = number.quotientAndRemainder(dividingBy: 100)
            return round == 0
                ? segment(connection, 1000, of: syn) : segment(connection, 1001 + 2 * UInt32(round), of: byte)
        },
        Attack(testDescription: "heads that do not end", packets: 90_000, isGivenUp: true) { number in
            let (connection, part) = number.quotientAndRemainder(dividingBy: 2)
            return part == 0 ? segment(connection, 1000, of: syn) : segment(connection, 1001, of: head)
        },
        Attack(
            testDescription: "long streams, begun before the capture, that are no frames", packets: 60_000,
            isGivenUp: true
        ) { number in
            let (round, connection) = number.quotientAndRemainder(dividingBy: 1000)
            return segment(connection, 1001 + 1400 * UInt32(round), of: data)
        },
        Attack(testDescription: "a frame of 2^63 - 1 bytes", packets: 20_000, frames: 0) {
            session($0, of: data, 1400, after: longFrame, 14)
        },
        Attack(testDescription: "tiny frames, 30,000 in a segment", packets: 3 + 10, frames: 300_000) {
            session($0, of: pings, 60_000)
        },
    ]

    @Test("stays bounded", arguments: attacks)
    func peak(attack: Attack) throws {
        let folder = try ScratchFolder()
        let input = try NamedPipe("input", in: folder, holding: .writing)
        let program = try Wstap.start(
            ["-", "--format", "jsonl", "--events", "summary"], input: input.path, output: folder.path("trace"),
            errors: folder.path("errors"))
        var builder = PcapBuilder()
        for number in 0..<attack.packets {
            builder.append(attack.packet(number), seconds: 1_700_000_000 + UInt32(number / 1_000_000), fraction: 0)
        }
        input.write(builder.bytes)
        let memory = try #require(program.peakMemory)
        input.closeWriting()
        #expect(program.wait() == 0)
        #expect(memory < 200 << 20)
        let trace = try Trace([UInt8](Data(contentsOf: URL(filePath: folder.path("trace")))))
        #expect(trace.events.last?.packets == attack.packets)
        #expect(trace.events.last?.websocketConnections == (attack.frames == nil ? 0 : 1))
        #expect(((trace.events.last?.connectionsGivenUp ?? 0) > 0) == attack.isGivenUp)
        #expect(trace.events.last?.frames == attack.frames ?? 0)
    }
}

extension [UInt8] {
    /// Replaces a 16-bit word in an Ethernet packet of IPv4 and TCP, and corrects TCP's checksum (RFC 1624 3).
    fileprivate mutating func change(at offset: Int, to word: UInt16) {
        func old(_ offset: Int) -> UInt32 { UInt32(self[offset]) << 8 | UInt32(self[offset + 1]) }
        var sum = (~old(50) & 0xffff) + (~old(offset) & 0xffff) + UInt32(word)
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        self[offset] = UInt8(word >> 8)
        self[offset + 1] = UInt8(word & 0xff)
        self[50] = UInt8(~sum >> 8 & 0xff)
        self[51] = UInt8(~sum & 0xff)
    }
}
