import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@Suite("A chain of headers that spans a gap")
struct GapChainTests {
    private static func search() -> FrameSearch {
        FrameSearch(streamOffset: 0, sender: .server, mayBeCompressed: false, needed: Evidence.needed, limit: 1 << 18)
    }

    private static func text(_ length: Int) -> [UInt8] {
        WireFrame.text(String(repeating: "place ", count: length / 6), from: .server)
    }

    @Test("keeps its evidence and its beginning")
    func reaches() {
        let search = GapChainTests.search()
        let first = GapChainTests.text(60)
        let long = WireFrame(2, [UInt8](repeating: 0xff, count: 400), from: .server).bytes
        let start = first + long.prefix(200)
        #expect(search.receive(start.span, origin: Origin(packet: 1)) == nil)
        #expect(search.skip(150, origin: Origin(packet: 2)))
        let rest = Array(long.suffix(from: 350)) + GapChainTests.text(90)
        let place = search.receive(rest.span, origin: Origin(packet: 3))
        #expect(place?.offset == 0)
        #expect((0..<search.kept.pieceCount).map { search.kept.origin(ofPiece: $0).packet } == [1, 2, 3])
        #expect((0..<search.kept.pieceCount).map { search.kept.missing(inPiece: $0) } == [0, 150, 0])
        #expect(search.kept.bytes(ofPiece: 2).elementsEqual(rest))
        #expect(search.kept.count(from: UInt64(start.count) + 150 + 10) == rest.count - 10)
    }

    @Test("is the only one that stays: if none spans the gap, nothing changes")
    func breaks() {
        let search = GapChainTests.search()
        let bytes = GapChainTests.text(60)
        #expect(search.receive(bytes.span, origin: Origin(packet: 1)) == nil)
        #expect(!search.skip(1, origin: Origin(packet: 2)))
        #expect(search.kept.pieceCount == 1)
        #expect(!search.skip(.max, origin: Origin(packet: 2)))
    }

    /// Bytes of a payload may look like a frame that spans the gap, in which the true chain's next header is lost.
    @Test("must also lead those that the gap broke")
    func rival() {
        let inner = WireFrame(2, [UInt8](repeating: 0xff, count: 600), from: .server).bytes
        let outer = WireFrame(2, [UInt8](repeating: 0xff, count: 10) + inner.prefix(350), from: .server).bytes.dropLast(
            50)
        let before = GapChainTests.text(60) + GapChainTests.text(66) + outer
        let rest = Array(inner.suffix(200))

        /// The number of the false chain's frames after the gap that make it believed.
        func framesNeeded(_ before: [UInt8]) -> Int? {
            let search = GapChainTests.search()
            guard search.receive(before.span, origin: Origin(packet: 1)) == nil,
                search.skip(UInt64(inner.count - 500), origin: Origin(packet: 2))
            else {
                return nil
            }
            guard search.receive(rest.span, origin: Origin(packet: 3)) == nil else { return 0 }
            for number in 1...6 {
                if search.receive(GapChainTests.text(60 + 6 * number).span, origin: Origin(packet: 4)) != nil {
                    return number
                }
            }
            return nil
        }
        let alone = framesNeeded([UInt8](repeating: 0xff, count: 10) + inner.prefix(300))
        let beaten = framesNeeded(before)
        #expect((alone ?? .max) < (beaten ?? 0))
    }

    /// Messages of a server, each of its own size and several per segment; whether they are found after a gap.
    private static func finds(_ perSegment: [Int], of segments: Int, _ payload: (Int) -> [UInt8]) -> Bool {
        let search = Self.search()
        var number = 0
        for segment in 0..<segments {
            var bytes: [UInt8] = []
            for _ in 0..<perSegment[segment % perSegment.count] {
                bytes += WireFrame(2, payload(number), from: .server).bytes
                number += 1
            }
            if search.receive(bytes.span, origin: Origin(packet: UInt64(segment))) != nil { return true }
        }
        return false
    }

    @Test("of short frames counts if they have segments to themselves, or if segments are whole frames")
    func wholeSegments() {
        for perSegment in [[1], [2], [3], [1, 2, 3], [5, 7]] {
            let isFound = Self.finds(perSegment, of: 16) { number in
                [UInt8](repeating: 0xff, count: 20 + number * 37 % 90)
            }
            #expect(isFound, "\(perSegment) in a segment")
        }
        // Records of one size may divide the segment size.
        for size in [6, 14, 62] {
            #expect(!Self.finds([1024 / (size + 2)], of: 200) { _ in [UInt8](repeating: 0xff, count: size) })
        }
    }

    @Test(
        "of short texts that fill segments counts where the stream was made of such texts alone",
        arguments: [254, 255])
    func feed(shortTexts: UInt8) {
        var bytes: [UInt8] = []
        var places: Set<UInt64> = []
        for number in 0..<400 {
            places.insert(UInt64(bytes.count))
            let name = ["BTC", "ETHUSD", "X"][number % 3]
            bytes += WireFrame.text("{\"s\":\"\(name)\",\"p\":\(number * 7919 % 10_007)}", from: .server)
        }
        let search = FrameSearch(
            streamOffset: 1000, sender: .server, mayBeCompressed: false, shortTexts: shortTexts,
            needed: Evidence.needed, limit: 1 << 18)
        var found: FrameSearch.Place?
        for start in stride(from: 1000, to: bytes.count - 1448, by: 1448) where found == nil {
            let segment = Array(bytes[start..<start + 1448])
            found = search.receive(segment.span, origin: Origin(packet: UInt64(start)))
        }
        #expect(found.map { places.contains($0.offset) } == (shortTexts < 255 ? nil : true))
    }
}
