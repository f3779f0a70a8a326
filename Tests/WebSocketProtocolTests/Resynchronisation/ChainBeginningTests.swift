import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@Suite("The first frame of a chain")
struct ChainBeginningTests {
    /// Bytes in which no frame begins.
    private static let filler = [UInt8](repeating: 0xff, count: 20)

    /// Four texts of a sender that are certainly frames: one is longer than records of other protocols.
    private static func texts(from sender: ExpectedMessage.Sender) -> [UInt8] {
        [60, 72, 84, 150].flatMap { WireFrame.text(String(repeating: "place ", count: $0 / 6), from: sender) }
    }

    /// The offset at which frames are found to begin in a segment.
    private static func place(in segment: [UInt8], from sender: Role) -> UInt64? {
        let search = FrameSearch(
            streamOffset: 0, sender: sender, mayBeCompressed: false, needed: Evidence.needed, limit: 1 << 18)
        return (search.receive(segment.span, origin: Origin(packet: 1)) ?? search.finish(hasFin: true))?.offset
    }

    /// A binary frame of a server with a payload that proves nothing.
    private static func binary(_ length: Int) -> [UInt8] {
        WireFrame(2, [UInt8](repeating: 0xff, count: length), from: .server).bytes
    }

    @Test("is left out if it is short and proves nothing by itself: any two bytes may lead to a true header")
    func doubtful() {
        for length in [1, 40, 125] {
            let frame = Self.binary(length)
            let segment = Self.filler + frame + Self.texts(from: .server)
            #expect(Self.place(in: segment, from: .server) == UInt64(Self.filler.count + frame.count))
        }
    }

    @Test("counts if it begins a segment, is long, holds text, or another has its length")
    func believed() {
        #expect(Self.place(in: Self.binary(40) + Self.texts(from: .server), from: .server) == 0)
        let text = WireFrame.text("a text of its own", from: .server)
        let behind = Self.binary(40) + Self.texts(from: .server)
        for segment in [
            Self.binary(126) + Self.texts(from: .server), text + Self.texts(from: .server), Self.binary(40) + behind,
        ] {
            #expect(Self.place(in: Self.filler + segment, from: .server) == UInt64(Self.filler.count))
        }
    }

    @Test("stays out if its bytes were discarded before another had its length: place and bytes must agree")
    func discarded() throws {
        let search = FrameSearch(
            streamOffset: 0, sender: .server, mayBeCompressed: false, needed: Evidence.needed, limit: 900)
        let filler = [UInt8](repeating: 0xff, count: 490)
        let stream = filler + Self.binary(40) + Self.binary(500) + Self.binary(40) + Self.texts(from: .server)
        var found: FrameSearch.Place?
        for start in stride(from: 0, to: stream.count, by: 100) where found == nil {
            let segment = Array(stream[start..<min(start + 100, stream.count)])
            found = search.receive(segment.span, origin: Origin(packet: 1))
        }
        let place = try #require(found)
        #expect(search.kept.start == 500)
        #expect(place.offset == UInt64(filler.count + 42))
    }

    @Test("is not text if unmasking it yields control characters")
    func controlCharacters() {
        let characters = Array("It makes letters, digits 0123 and more".utf8)
        let mixed = characters.enumerated().map { $0.offset % 3 == 0 ? $0.element & 0x1f | 1 : $0.element }
        for (payload, isBelieved) in [(characters, true), (mixed, false)] {
            let frame = WireFrame(1, payload, from: .client).bytes
            let segment = Self.filler + frame + Self.texts(from: .client)
            let start = Self.filler.count + (isBelieved ? 0 : frame.count)
            #expect(Self.place(in: segment, from: .client) == UInt64(start))
        }
    }
}
