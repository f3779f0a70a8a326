import PacketDecoding
import WireFormat

/// Decoded packets for one part of an analysis, in the capture's order.
///
/// Their bytes are not copied: they stand where their reader has put them, and whoever fills a block sees to it that they
/// stay there until the part is done with it. See ``Pipeline/deal(_:to:parts:)``.
@safe
public struct PacketBlock: ~Copyable, @unchecked Sendable {
    /// A packet that holds a TCP segment.
    @safe
    struct Item {
        var prepared = PacketAhead()
        var number: UInt64 = 0
        var time = Timestamp(nanoseconds: 0)
        var linkType = LinkType.ethernet
        /// What the segment was found in, where that is the packet itself.
        var bytes = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        /// The place in `datagrams` of what it was found in otherwise; negative where it is the packet.
        var datagram = -1
        /// The place in `interfaceNames` of the interface's name; negative where it has none.
        var interfaceName = -1
    }

    /// How many packets it holds at most.
    static let capacity = 512

    /// The items, of which the first ``count`` hold packets.
    private(set) var items = ContiguousArray<Item>()
    /// How many packets it holds.
    public private(set) var count = 0
    /// The datagrams that packets completed.
    private(set) var datagrams: [[UInt8]] = []
    private(set) var interfaceNames: [[UInt8]] = []
    /// The time of the capture's first packet.
    var firstTime = Timestamp(nanoseconds: 0)
    /// The last packet that was dealt to any part.
    public internal(set) var lastPacket: UInt64 = 0

    /// Makes an empty block.
    public init() {}

    /// Whether it has no room for another batch.
    public var isFull: Bool { count > Self.capacity &- PacketBatch.capacity }

    /// Forgets its packets.
    public mutating func removeAll() {
        count = 0
        datagrams.removeAll()
        interfaceNames.removeAll()
    }

    /// Adds a packet whose segment was found; there must be room.
    ///
    /// - Parameters:
    ///   - batch: A batch that holds the packet; its bytes must stay where they are.
    ///   - place: The packet's place in it.
    ///   - prepared: What was found.
    ///   - datagram: What the segment was found in, where that is not the packet.
    mutating func append(
        _ batch: borrowing PacketBatch, _ place: Int, _ prepared: borrowing PacketAhead, in datagram: [UInt8]?
    ) {
        precondition(count < Self.capacity)
        if count == items.count { items.append(Item()) }
        items[count].prepared = copy prepared
        items[count].number = batch.number(place)
        items[count].time = batch.time(place)
        items[count].linkType = batch.linkType(place)
        unsafe items[count].bytes = batch.bytes(place).withUnsafeBufferPointer { unsafe $0 }
        items[count].datagram = -1
        let name = batch.interfaceName(place)
        items[count].interfaceName = name.isEmpty ? -1 : self.place(of: name)
        if let datagram {
            items[count].datagram = datagrams.count
            datagrams.append(datagram)
        }
        count &+= 1
    }

    /// Hands a packet's turn to `body`, with what its segment was found in.
    @inline(__always)
    mutating func withItem(_ place: Int, _ body: (inout Item, Span<UInt8>) -> Void) {
        let datagram = items[place].datagram
        if datagram >= 0 {
            let bytes = datagrams[datagram]
            body(&items[place], bytes.span)
        } else {
            let bytes = unsafe items[place].bytes
            unsafe body(&items[place], Span(_unsafeElements: bytes))
        }
    }

    /// The same name is kept once while it comes again and again.
    private mutating func place(of name: Span<UInt8>) -> Int {
        if let last = interfaceNames.last, last.count == name.count, name.indices.allSatisfy({ last[$0] == name[$0] }) {
            return interfaceNames.count &- 1
        }
        unsafe interfaceNames.append(name.withUnsafeBufferPointer { unsafe Array($0) })
        return interfaceNames.count &- 1
    }
}
