import CaptureAnalysis
import Testing

@testable import TraceOutput

@Suite("A batch of lines")
struct LineBatchTests {
    @Test("passes on the lines of packets up to one, with the merge's connection numbers")
    func numbers() {
        let events: [(Event, packet: UInt64, connection: UInt64)] = [
            (Samples.connection(), 4, 1), (Samples.handshake(), 4, 1), (Samples.connection(), 9, 2),
            (Samples.handshake(), 9, 2),
        ]
        var merge = EventMerge(parts: 2)
        // Nine connections of another part come first.
        for _ in 0..<9 {
            _ = merge.pass(
                EventMark(Samples.connection(), at: Samples.context(packet: 1, microseconds: 0)), of: 1)
        }
        var batch = LineBatch(options: .init())
        var expected = JSONLinesFormat()
        for (event, packet, connection) in events {
            batch.receive(
                event, at: Samples.context(packet: packet, microseconds: 5, connection: connection), payload: Span())
            expected.receive(
                event, at: Samples.context(packet: packet, microseconds: 5, connection: connection + 9),
                payload: Span())
        }
        batch.close(after: 12)
        #expect(batch.nextPacket == 4 && !batch.isEmpty && !batch.isFull)
        var format = JSONLinesFormat()
        batch.pass(through: 8, of: 0, &merge, into: &format)
        #expect(batch.nextPacket == 9)
        batch.pass(through: .max, of: 0, &merge, into: &format)
        #expect(batch.isEmpty && batch.nextPacket == 13)
        #expect(Self.text(format) == Self.text(expected))
        batch.removeAll()
        #expect(batch.isEmpty && batch.nextPacket == 1)
    }

    private static func text(_ format: borrowing JSONLinesFormat) -> String {
        format.output.withBytes { bytes in bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }
    }
}
