import Testing
import WebSocketProtocol
import WireFormat

/// The examples of RFC 6455 5.7 and RFC 7692 7.2.3, and what the RFCs say about them.
@Suite("A reader of frames that a class can hold")
struct FrameReaderTests {
    /// Keeps a reader, and reports what it read.
    private final class Holder {
        private let reader: FrameReader

        init(_ reader: FrameReader) { self.reader = reader }

        func messages(_ pieces: [[UInt8]]) -> [String] {
            (pieces.flatMap { reader.read($0) } + reader.finish()).compactMap {
                guard case .message(let message, let payload) = $0 else { return nil }
                return (message.isComplete ? "" : "incomplete ") + String(decoding: payload, as: UTF8.self)
            }
        }
    }

    @Test("returns the messages of the RFCs' examples, in one piece or byte by byte")
    func examples() {
        let rows: [(FrameReader, [UInt8], [String])] = [
            (FrameReader(sender: .server), [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], ["Hello"]),
            (
                FrameReader(sender: .client),
                [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58], ["Hello"]
            ),
            (
                FrameReader(sender: .server), [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f], ["Hello"]
            ),
            (
                FrameReader(sender: .server, compression: DeflateParameters()),
                [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], ["Hello"]
            ),
            (FrameReader(sender: .server), [0x01, 0x03, 0x48, 0x65, 0x6c], ["incomplete Hel"]),
        ]
        for (reader, bytes, expected) in rows {
            #expect(Holder(reader).messages([bytes]) == expected)
        }
        for (sender, bytes, expected) in [(0, rows[0].1, rows[0].2), (1, rows[1].1, rows[1].2)] {
            let reader = FrameReader(sender: sender == 0 ? .server : .client)
            #expect(Holder(reader).messages(bytes.map { [$0] }) == expected)
        }
    }

    @Test("reports a masked frame from a server (RFC 6455 5.1)")
    func violation() {
        let outputs = FrameReader(sender: .server).read([
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ])
        #expect(outputs.first == .violation(.serverMasked, streamOffset: 0, index: 0))
        #expect(outputs.count == 3)
    }
}
