import Testing
import WireFormat

@testable import PacketCapture

@Suite("Packets held until it is known whether they are wanted")
struct HeldPacketsTests {
    private func hold(_ length: Int, _ mark: UInt8, of connection: Int, in held: inout HeldPackets<Int>) {
        let bytes = [mark] + [UInt8](repeating: 0, count: length - 1)
        held.hold(
            CapturedPacket(
                number: 1, time: Timestamp(nanoseconds: 0), linkType: .ethernet, originalLength: length,
                bytes: bytes.span),
            of: connection)
    }

    @Test("come back in their order, once")
    func order() {
        var held = HeldPackets<Int>()
        for mark in 1...5 { hold(10, UInt8(mark), of: mark % 2, in: &held) }
        #expect(held.take(1).map { $0.bytes[0] } == [1, 3, 5])
        #expect(held.take(1).isEmpty)
        #expect(held.take(0).map { $0.bytes[0] } == [2, 4])
        #expect(held.droppedPackets == 0 && held.count == 0)
    }

    @Test("of one connection keep those that opened it, and the latest")
    func connectionBound() {
        var limits = HeldPackets<Int>.Limits()
        limits.connection = 10 * (872 + 128)
        var held = HeldPackets<Int>(limits: limits)
        for mark in 1...40 { hold(872, UInt8(mark), of: 7, in: &held) }
        let marks = held.take(7).map { $0.bytes[0] }
        #expect(Array(marks.prefix(3)) == [1, 2, 3] && marks.last == 40 && marks.count <= 10)
        #expect(marks == marks.sorted())
        #expect(held.droppedPackets == UInt64(40 - marks.count))
    }

    @Test("of all connections keep the latest connections")
    func totalBound() {
        var limits = HeldPackets<Int>.Limits()
        limits.total = 5 * (872 + 128)
        var held = HeldPackets<Int>(limits: limits)
        for connection in 1...8 { hold(872, UInt8(connection), of: connection, in: &held) }
        #expect((1...8).filter { !held.take($0).isEmpty } == [4, 5, 6, 7, 8])
        #expect(held.droppedPackets == 3)
    }

    @Test("of more connections than are held let the first go")
    func connectionCountBound() {
        var limits = HeldPackets<Int>.Limits()
        limits.connections = 3
        var held = HeldPackets<Int>(limits: limits)
        for connection in 1...2000 {
            hold(1, 0, of: connection, in: &held)
            if connection % 2 == 0 { _ = held.take(connection) }
        }
        // The last packet, which is held, has displaced another.
        #expect(held.count == 2)
        #expect([1997, 1999].allSatisfy { !held.take($0).isEmpty })
    }
}
