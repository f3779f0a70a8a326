import TestSupport
import Testing
import WireFormat

@testable import WebSocketProtocol

@Suite("Limits of the search for frames")
struct SearchBoundTests {
    private func header(_ firstByte: UInt8, length: UInt64) -> FrameHeader {
        FrameHeader(
            firstByte: firstByte, maskingKey: nil, payloadLength: length, hasMinimalLength: true,
            byteCount: length > 65535 ? 10 : 2)
    }

    private func takes(_ headers: [FrameHeader]) -> [Bool] {
        var chain = HeaderChain(sender: .server, start: 0, isSegmentStart: true, isMidstream: false)
        return headers.map { chain.take($0, payload: Span(), isText: false, mayBeCompressed: false, ByteModel()) }
    }

    @Test("A chain may have four empty frames in a row, but not five")
    func emptyFrames() {
        let empty = header(0x82, length: 0)
        #expect(takes([empty, empty, empty, empty, empty]) == [true, true, true, true, false])
        let full = header(0x82, length: 9)
        #expect(takes([empty, empty, empty, empty, full, empty]) == Array(repeating: true, count: 6))
    }

    @Test("A chain may have a frame of 2 GiB, but none longer")
    func longestFrame() {
        #expect(takes([header(0x82, length: 1 << 31)]) == [true])
        #expect(takes([header(0x82, length: 1 << 31 + 1)]) == [false])
        #expect(takes([header(0x82, length: 1 << 63 - 1)]) == [false])
    }

    @Test("Only the first 128 bytes of a payload are evidence")
    func payload() {
        for (place, isTaken) in [(127, false), (128, true)] {
            var text = [UInt8](repeating: 0x61, count: 200)
            text[place] = 0xff
            var chain = HeaderChain(sender: .server, start: 0, isSegmentStart: true, isMidstream: false)
            let taken = chain.take(
                header(0x81, length: 200), payload: text.span, isText: false, mayBeCompressed: false, ByteModel())
            #expect(taken == isTaken)
        }
    }

    @Test("Many chains neither hide the leading one nor take more memory", arguments: [0, 100, 1000])
    func chains(count: Int) {
        let search = FrameSearch(
            streamOffset: 0, sender: .server, mayBeCompressed: false, needed: Evidence.needed, limit: 1 << 18)
        // Frame headers whose next header is far away.
        let rivals = (0..<count).flatMap { _ in [0x82, 0x7e, 0xfe, 0xff] as [UInt8] }
        #expect(search.receive((rivals + [0xff]).span, origin: Origin(packet: 1)) == nil)
        #expect(search.cost < 40 << 10)
        var place: FrameSearch.Place?
        for number in 0..<40 where place == nil {
            let frame = WireFrame.text("message \(number * 7919) of many", from: .server)
            place = search.receive(frame.span, origin: Origin(packet: 2))
        }
        #expect(place?.offset == UInt64(rivals.count + 1))
    }

    @Test("The search keeps no more than its limit, however much comes", arguments: [16 << 10, 256 << 10])
    func kept(limit: Int) {
        let search = FrameSearch(
            streamOffset: 0, sender: .server, mayBeCompressed: false, needed: Evidence.needed, limit: limit)
        let noise = [UInt8](repeating: 0xff, count: 1400)
        for _ in 0..<2000 {
            #expect(search.receive(noise.span, origin: Origin(packet: 1)) == nil)
            #expect(search.kept.count <= limit + noise.count)
            #expect(search.cost <= 3 * limit)
        }
        #expect(search.searched == 2000 * 1400)
    }
}
