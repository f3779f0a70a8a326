import Foundation
import PacketDecoding
import TestSupport
import Testing
import WireFormat

/// What is meant to make an observer run out of memory. The peak is read where Linux tells it.
@Suite(
    "What is meant to fill the memory",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status"), "there is no /proc"))
struct AttackMemoryTests {
    /// An input, made piece by piece: what packet comes as the n-th, until there is none.
    struct Attack: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var packets: Int
        var packet: @Sendable (Int) -> [UInt8]
    }

    private static func port(_ number: Int) -> UInt16 { UInt16(1024 + number % 60_000) }

    private static func segment(
        _ number: Int, _ sequence: UInt32, _ flags: TCPFlags = [.psh, .ack], _ payload: [UInt8] = []
    ) -> [UInt8] {
        TCPPacket(
            from: Endpoint(address: IPAddress(ipv4: 0x0a01_0000 + UInt32(number / 60_000)), port: port(number)),
            to: Endpoint("10.0.0.9:8080"), sequence: sequence, acknowledgment: flags.contains(.ack) ? 2001 : 0,
            flags: flags, payload: payload
        ).ethernet()
    }

    /// The first packets of a session, then those of the attack.
    private static func session(_ index: Int, _ attack: (Int) -> [UInt8]) -> [UInt8] {
        var talk = TCPConversation()
        talk.openWebSocket()
        return index < talk.packets.count ? talk.packets[index].bytes : attack(index - talk.packets.count)
    }

    private static func inSession(_ position: Int, _ payload: [UInt8]) -> [UInt8] {
        let first = 1001 + UInt32(TCPConversation.upgradeRequest().utf8.count)
        return TCPPacket(
            from: Endpoint("10.0.0.7:53412"), to: Endpoint("10.0.0.9:8080"),
            sequence: first &+ UInt32(truncatingIfNeeded: position), acknowledgment: 2001, flags: [.psh, .ack],
            payload: payload
        ).ethernet()
    }

    static let attacks: [Attack] = [
        Attack(testDescription: "half-open connections", packets: 140_000) { segment($0, 1000, .syn) },
        Attack(testDescription: "bytes out of order, of many connections", packets: 60_000) { number in
            let (round, connection) = number.quotientAndRemainder(dividingBy: 100)
            if round == 0 { return segment(connection, 1000, .syn) }
            return segment(connection, 1001 + 1400 * UInt32(round), [.psh, .ack], [UInt8](repeating: 7, count: 1400))
        },
        Attack(testDescription: "segments of one byte with holes between them", packets: 60_000) { number in
            let (round, connection) = number.quotientAndRemainder(dividingBy: 100)
            if round == 0 { return segment(connection, 1000, .syn) }
            return segment(connection, 1001 + 2 * UInt32(round), [.psh, .ack], [7])
        },
        Attack(testDescription: "heads that do not end", packets: 90_000) { number in
            let (connection, part) = number.quotientAndRemainder(dividingBy: 2)
            if part == 0 { return segment(connection, 1000, .syn) }
            return segment(
                connection, 1001, [.psh, .ack],
                Array("GET / HTTP/1.1\r\nX: ".utf8) + [UInt8](repeating: 0x79, count: 1300))
        },
        Attack(testDescription: "a frame of 2^63 - 1 bytes", packets: 20_000) { number in
            session(number) { index in
                let header: [UInt8] = [0x81, 0xff, 0x7f] + [UInt8](repeating: 0xff, count: 7) + [1, 2, 3, 4]
                return inSession(
                    index * 1400,
                    index == 0 ? header + [UInt8](repeating: 7, count: 1386) : [UInt8](repeating: 7, count: 1400))
            }
        },
        Attack(testDescription: "tiny frames, 30,000 in a segment", packets: 5 + 10) { number in
            session(number) { index in
                inSession(index * 60_000, [UInt8]((0..<60_000).map { $0 % 2 == 0 ? 0x89 : 0x00 }))
            }
        },
    ]

    @Test("does not", arguments: attacks)
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
    }
}
