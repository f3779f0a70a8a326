import Testing
import WireFormat

@Suite("Byte cursor")
struct ByteCursorTests {
    let bytes: [UInt8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]

    @Test("integers are read in network byte order")
    func integers() {
        var cursor = ByteCursor(bytes.span)
        #expect(cursor.readUInt8() == 0x01)
        #expect(cursor.readUInt16() == 0x2345)
        #expect(cursor.readUInt32() == 0x6789_abcd)
        #expect(cursor.offset == 7)
        #expect(cursor.count == 1)
        #expect(cursor.readUInt8() == 0xef)
        #expect(cursor.isEmpty == true)
    }

    @Test("a read that does not fit returns nothing and moves nothing", arguments: 0...8)
    func readsAtTheEnd(left: Int) {
        var cursor = ByteCursor(bytes.span)
        cursor.skip(8 - left)

        #expect((cursor.readUInt32() != nil) == (left >= 4))
        let afterFour = left >= 4 ? left - 4 : left
        #expect(cursor.count == afterFour)

        #expect((cursor.readUInt16() != nil) == (afterFour >= 2))
        let afterTwo = afterFour >= 2 ? afterFour - 2 : afterFour
        #expect(cursor.count == afterTwo)

        #expect((cursor.readUInt8() != nil) == (afterTwo >= 1))
        #expect(cursor.count == max(afterTwo - 1, 0))
    }

    @Test("nothing can be read from no bytes")
    func empty() {
        let none: [UInt8] = []
        var cursor = ByteCursor(none.span)
        #expect(cursor.isEmpty == true)
        #expect(cursor.count == 0)
        #expect(cursor.peek() == nil)
        #expect(cursor.readUInt8() == nil)
        #expect(cursor.readUInt16() == nil)
        #expect(cursor.readUInt32() == nil)
        #expect(cursor.skip(1) == 0)
        let taken = cursor.take(atMost: 1).count
        let rest = cursor.rest.count
        #expect(taken == 0)
        #expect(rest == 0)
    }

    @Test(
        "looking ahead does not move the cursor",
        arguments: [
            (0, 0x45), (5, 0xef), (6, nil), (Int.max, nil),
        ] as [(Int, UInt8?)])
    func peek(distance: Int, byte: UInt8?) {
        var cursor = ByteCursor(bytes.span)
        cursor.skip(2)
        #expect(cursor.peek(distance) == byte)
        #expect(cursor.offset == 2)
    }

    @Test("skipping stops at the end", arguments: [(0, 0), (3, 3), (6, 6), (7, 6), (Int.max, 6)])
    func skip(length: Int, skipped: Int) {
        var cursor = ByteCursor(bytes.span)
        cursor.skip(2)
        #expect(cursor.skip(length) == skipped)
        #expect(cursor.offset == 2 + skipped)
    }

    @Test("taking stops at the end", arguments: [(0, 0), (3, 3), (6, 6), (7, 6), (Int.max, 6)])
    func take(length: Int, taken: Int) {
        var cursor = ByteCursor(bytes.span)
        cursor.skip(2)
        let span = cursor.take(atMost: length)
        let count = span.count
        let first = span.isEmpty ? nil : span[0]
        #expect(count == taken)
        #expect(first == (taken == 0 ? nil : 0x45))
        #expect(cursor.offset == 2 + taken)
    }

    @Test("what is left is there and not consumed", arguments: [0, 3, 8])
    func rest(offset: Int) {
        var cursor = ByteCursor(bytes.span)
        cursor.skip(offset)
        let rest = cursor.rest
        let copy = rest.indices.map { rest[$0] }
        #expect(copy == Array(bytes[offset...]))
        #expect(cursor.offset == offset)
    }

    @Test("integers at an offset are in network byte order")
    func integersAtOffset() {
        #expect(bytes.span.bigEndianUInt16(at: 0) == 0x0123)
        #expect(bytes.span.bigEndianUInt16(at: 6) == 0xcdef)
        #expect(bytes.span.bigEndianUInt32(at: 1) == 0x2345_6789)
        #expect(bytes.span.bigEndianUInt32(at: 4) == 0x89ab_cdef)
        #expect(bytes.span.bigEndianUInt64(at: 0) == 0x0123_4567_89ab_cdef)
    }

    #if os(Linux) || os(macOS)
        @Test("an integer that is not completely inside stops the program")
        func outside() async {
            await #expect(processExitsWith: .failure) { _ = ([1, 2, 3] as [UInt8]).span.bigEndianUInt32(at: 0) }
            await #expect(processExitsWith: .failure) { _ = ([1, 2, 3] as [UInt8]).span.bigEndianUInt16(at: 2) }
            await #expect(processExitsWith: .failure) { _ = ([1, 2, 3] as [UInt8]).span.bigEndianUInt16(at: -1) }
        }
    #endif
}
