import TestSupport
import Testing
import WireFormat

@testable import CaptureAnalysis
@testable import TraceOutput
@testable import WebSocketProtocol

/// Whatever is on the wire, no format prints a byte of it that a terminal would interpret.
struct HostileBytesTests {
    private static let pieces = [
        "\u{1b}[31m", "\u{9b}", "\u{7}", "\u{0}", "\u{7f}", "\r\n", "\u{202e}", "\u{2066}", "\u{200e}", "\u{200f}",
        "\u{61c}",
        "\u{2028}", "\u{2029}", "\u{8}", "\u{85}", "a", "\"", "\\", "é", "漢", "\u{200d}", "\u{feff}",
    ]

    @Test(arguments: 0..<200)
    func `Hostile text never reaches the output unescaped`(round: Int) throws {
        var random = SeededGenerator()
        let calls = Self.session(using: &random)
        let outputs = [
            printed(calls, as: TimelineFormat()),
            printed(calls, as: TimelineFormat(options: .init(payload: .all, framePayloads: true, isVerbose: true))),
            printed(calls, as: SummaryFormat(options: .init(width: 60))),
            printed(calls, as: JSONLinesFormat(options: .init(framePayloads: true))),
        ]
        for output in outputs {
            #expect(!output.unicodeScalars.contains(where: Self.isHostile))
        }
        // In JSON, zero-width characters stay as they are: they belong to emoji and scripts.
        for output in outputs.dropLast() {
            #expect(!output.unicodeScalars.contains { $0.value == 0x200d || $0.value == 0xfeff })
        }
    }

    private static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0a: false
        case 0..<0x20, 0x7f...0x9f, 0x61c, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    private static func session(using random: inout SeededGenerator) -> [Call] {
        let text = { (random: inout SeededGenerator) in
            (0..<Int.random(in: 0...9, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
        }
        let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        return [
            Call(0, 0, .capture(CaptureStart(sources: [text(&random)])), connection: 0),
            Call(5, 1130, Samples.connection()),
            Call(
                5, 1130,
                Samples.handshake(
                    host: text(&random), target: text(&random), subprotocol: text(&random),
                    fields: [HTTPField(name: text(&random), value: text(&random))])),
            Call(6, 1377, Samples.frame(.client, .text, length: 12), text(&random)),
            Call(6, 1377, Samples.message(.client, length: 12), text(&random)),
            Call(6, 1377, Samples.message(.client, length: 12, payload: .truncated), text(&random)),
            Call(7, 1400, Samples.message(.client, length: 12, isValidUTF8: false), bytes: bytes),
            Call(7, 1400, Samples.message(.client, length: 12), bytes: bytes),
            Call(7, 1400, Samples.message(.server, isText: false, length: 12), text(&random)),
            Call(8, 1700, Samples.frame(.server, .ping, length: 4), text(&random)),
            Call(8, 1700, Samples.frame(.server, .pong, length: 4), bytes: bytes),
            Call(8, 1700, Samples.finding(text: text(&random), rule: text(&random))),
            Call(
                9, 1800,
                Samples.frame(.client, .close, length: 5, close: .init(code: .goingAway, reason: text(&random))),
                text(&random)),
            Call(9, 1800, Samples.end(reason: text(&random))),
            Call(9, 1900, Samples.connection(opening: .midstream), connection: 2),
            .summary,
        ]
    }
}
