import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("A payload cut by a snap length")
struct SnapLengthTests {
    @Test("is its bytes and then a gap")
    func inOrder() {
        var wire = Wire.open()
        wire.receive([Sent.initiator(.psh, 101, ack: 301, "abcdef").cut(4), .initiator(.psh, 107, ack: 301, "gh")])
        #expect(wire.forth == [.text("ab"), .gap(4), .text("gh")])
        #expect(wire.connection[.fromInitiator].gapBytes == 4)
    }

    @Test("is a gap where no byte of it is left")
    func nothingLeft() {
        var wire = Wire.open()
        wire.receive([Sent.initiator(.psh, 101, ack: 301, "abcdef").cut(6), .initiator(.psh, 107, ack: 301, "gh")])
        #expect(wire.forth == [.gap(6), .text("gh")])
    }

    @Test("is its bytes and then a gap when it has waited")
    func outOfOrder() {
        var wire = Wire.open()
        wire.receive([Sent.initiator(.psh, 103, ack: 301, "cdef").cut(2), .initiator(.psh, 101, ack: 301, "ab")])
        #expect(wire.forth == [.text("abcd"), .gap(2)])
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("that repeats bytes and brings new ones brings what is left of those", arguments: 0...5)
    func repeated(cut: Int) {
        var wire = Wire.open()
        wire.receive([.initiator(.psh, 101, ack: 301, "abc"), Sent.initiator(.psh, 102, ack: 301, "bcdef").cut(cut)])
        let text = String("abcdef".prefix(max(3, 6 - cut)))
        #expect(wire.forth == [.text(text)] + (cut == 0 ? [] : [.gap(UInt64(min(3, cut)))]))
    }
}
