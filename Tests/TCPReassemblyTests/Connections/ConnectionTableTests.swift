import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("The table of connections")
struct ConnectionTableTests {
    private static func client(_ number: Int) -> Endpoint {
        Endpoint(address: IPAddress(ipv4: 0x0a00_0100 + UInt32(number)), port: 50_000)
    }

    /// A table for at most this many connections.
    private static func table(of connections: Int) -> ConnectionTable {
        var limits = ReassemblyLimits()
        limits.connections = connections
        return ConnectionTable(limits: limits, secret: 7)
    }

    private static func seconds(_ seconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: seconds * 1_000_000_000)
    }

    /// Opens a connection of the client with this number.
    private static func open(_ number: Int, in table: inout ConnectionTable, at second: Int64) -> Slot<TCPConnection> {
        table.insert(Sent.initiator(.syn, 1).segment(from: client(number)), time: seconds(second)).slot
    }

    @Test("finds a connection by the segments of both directions")
    func find() {
        var table = ConnectionTableTests.table(of: 10)
        let slot = ConnectionTableTests.open(1, in: &table, at: 0)
        let other = ConnectionTableTests.open(2, in: &table, at: 0)
        #expect(slot != other)
        let client = ConnectionTableTests.client(1)
        let forth = table.find(Sent.initiator([], 2).segment(from: client))
        let back = table.find(Sent.responder([], 2).segment(from: client))
        let stranger = table.find(Sent.initiator([], 2).segment(from: ConnectionTableTests.client(3)))
        #expect(forth?.slot == slot && forth?.direction == .fromInitiator)
        #expect(back?.slot == slot && back?.direction == .fromResponder)
        #expect(stranger == nil)
        table.remove(slot)
        let removed = table.find(Sent.initiator([], 2).segment(from: client))
        #expect(removed == nil)
        #expect(table.count == 1)
    }

    @Test("distinguishes the directions of an end that talks to itself")
    func sameEnds() {
        var table = ConnectionTableTests.table(of: 10)
        let segment = Sent.initiator(.syn, 1).segment(from: Wire.initiator, to: Wire.initiator)
        let place = table.insert(segment, time: ConnectionTableTests.seconds(0))
        let found = table.find(segment)
        #expect(found?.slot == place.slot && found?.direction == .fromInitiator)
    }

    @Test("forgets nothing while there is room and nothing has closed")
    func nothing() {
        var table = ConnectionTableTests.table(of: 10)
        for number in 0..<9 { _ = ConnectionTableTests.open(number, in: &table, at: 0) }
        for _ in 0..<100 { #expect(table.nextToForget(now: ConnectionTableTests.seconds(1_000_000)) == nil) }
    }

    @Test("forgets what has closed when its stragglers must be over")
    func closed() {
        var table = ConnectionTableTests.table(of: 10)
        let slots = (0..<5).map { ConnectionTableTests.open($0, in: &table, at: 0) }
        let time = ConnectionTableTests.seconds(1)
        table.connections[slots[3]].pass(.rst, from: .fromResponder, at: Origin(packet: 9, time: time))
        for _ in 0..<10 { #expect(table.nextToForget(now: ConnectionTableTests.seconds(61)) == nil) }
        var forgotten: Set<Slot<TCPConnection>> = []
        for _ in 0..<10 {
            if let slot = table.nextToForget(now: ConnectionTableTests.seconds(62)) { forgotten.insert(slot) }
        }
        #expect(forgotten == [slots[3]])
    }

    @Test("when it is full, forgets what has closed first")
    func fullWithClosed() {
        var table = ConnectionTableTests.table(of: 5)
        let slots = (0..<5).map { ConnectionTableTests.open($0, in: &table, at: Int64($0)) }
        let time = ConnectionTableTests.seconds(100)
        table.connections[slots[4]].pass(.rst, from: .fromResponder, at: Origin(packet: 9, time: time))
        #expect(table.isFull == true)
        #expect(table.nextToForget(now: time) == slots[4])
    }

    @Test("when it is full, forgets what was silent longest")
    func fullWithSilent() {
        var table = ConnectionTableTests.table(of: 5)
        let slots = [4, 2, 1, 3, 5].map { ConnectionTableTests.open($0, in: &table, at: Int64($0)) }
        #expect(table.nextToForget(now: ConnectionTableTests.seconds(10)) == slots[2])
    }

    @Test("releases what a forgotten connection held")
    func budget() {
        var table = ConnectionTableTests.table(of: 5)
        let slot = ConnectionTableTests.open(1, in: &table, at: 0)
        for sent in [Sent.initiator(.syn, 1), .initiator(.psh, 50, "waits")] {
            _ = table.connections[slot].receive(
                sent.segment(from: ConnectionTableTests.client(1)), from: .fromInitiator, payload: sent.bytes.span,
                packet: 2, time: ConnectionTableTests.seconds(1), budget: &table.budget, limits: table.limits)
        }
        #expect(table.budget == table.limits.heldBytes - 5 - HeldSegment.overhead)
        table.remove(slot)
        #expect(table.budget == table.limits.heldBytes)
    }
}
