import Foundation
import TestSupport
import Testing

/// Inputs of attackers at small sizes: the cost of each may grow only in proportion to its size.
@Suite("The cost of an attack", .serialized)
struct GrowthTests {
    /// The cost of a run.
    private struct Cost {
        var usage: ProgramUsage
        var lines: Int
        var sessions: Int?
    }

    private func run(_ attack: Attack, _ size: Int, _ folder: ScratchFolder) throws -> Cost {
        let input = try folder.write("input", attack.capture(size))
        let output = folder.path("output")
        let program = try Wstap.start(
            [input, "--format", "jsonl"] + attack.arguments, output: output, errors: folder.path("errors"))
        let usage = program.usage()
        let text = try [UInt8](Data(contentsOf: URL(filePath: output)))
        return Cost(
            usage: usage, lines: text.count { $0 == UInt8(ascii: "\n") },
            sessions: try Trace(text).events.last?.websocketConnections)
    }

    @Test("grows in proportion to it", arguments: Attack.all)
    func growth(attack: Attack) throws {
        let folder = try ScratchFolder()
        // The program's cost without the attack.
        let base = try run(attack, 0, folder)
        let costs = try [1, 2, 4].map { try run(attack, attack.size * $0, folder) }
        for (cost, factor) in zip(costs, [1, 2, 4]) {
            #expect(cost.usage.status == 0)
            #expect(cost.sessions == attack.sessions(attack.size * factor))
        }
        // Quadratic growth would take 16 times as long; the processor's caches, and other work on it, may double the
        // time.
        let work = costs.map { $0.usage.seconds - base.usage.seconds }
        #expect(work[2] < 9 * max(work[0], 0.03))
        #expect(costs[2].lines - base.lines <= 4 * (costs[0].lines - base.lines) + 4)
    }

    @Test("grows in proportion to it when redacting, though addresses are sought at each place of a field")
    func redaction() throws {
        let folder = try ScratchFolder()
        let seconds = try [0, 15_000, 60_000].map { count in
            var talk = TCPConversation()
            talk.open()
            let fields = "User-Agent: \(String(repeating: ":", count: count))\r\n"
            talk.send(TCPConversation.upgradeRequest(fields: fields), from: .client)
            talk.send(TCPConversation.upgradeResponse(), from: .server)
            talk.finish(first: .client)
            let input = try folder.write("input", talk.packets.pcap())
            let arguments = ["redact", "--addresses", input, "-q", "-o", folder.path("redacted\(count)")]
            let program = try Wstap.start(arguments, output: folder.path("output"), errors: folder.path("errors"))
            let usage = program.usage()
            #expect(usage.status == 0)
            return usage.seconds
        }
        #expect(seconds[2] - seconds[0] < 9 * max(seconds[1] - seconds[0], 0.03))
    }
}
