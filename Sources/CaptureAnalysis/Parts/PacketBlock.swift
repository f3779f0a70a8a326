import PacketDecoding
import WireFormat

/// Decoded packets for one part of an analysis, in the capture's order.
///
/// Their bytes are not copied: they stay where their reader put them, and the block's owner keeps them there until the
/// part is done with them (``Pipeline/deal(_:to:parts:)``).
@safe
package struct PacketBlock: ~Copyable, PacketsAhead, @unchecked Sendable {
    /// A packet that holds a TCP segment.
    @safe
    struct Item {
        var prepared: PacketAhead
        var linkType: LinkType
        var number: UInt64
        var time: Timestamp
        /// The buffer of the segment: the packet, or the datagram that the packet completed.
        var bytes: UnsafeBufferPointer<UInt8>
        /// The name of its interface.
        var interfaceName: UnsafeBufferPointer<UInt8>
    }

    /// The most packets in a block.
    static let capacity = 512

    /// Memory for all items, which are plain values: an array would check for unique ownership at every packet.
    private let items = UnsafeMutablePointer<Item>.allocate(capacity: capacity)
    /// The number of packets in the block.
    package private(set) var count = 0
    /// The number of packets that the part has taken.
    var taken = 0
    /// Copies of bytes that do not stay in place: completed datagrams, and interface names.
    private var copies: [UnsafeMutableBufferPointer<UInt8>] = unsafe []
    /// The name of the last packet's interface.
    private var lastName = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The time of the capture's first packet.
    var firstTime = Timestamp(nanoseconds: 0)
    /// The last packet that was distributed to any part.
    package internal(set) var lastPacket: UInt64 = 0

    /// Creates an empty block.
    package init() {}

    deinit {
        unsafe copies.forEach { unsafe $0.deallocate() }
        unsafe items.deallocate()
    }

    /// Whether there is no room for another batch.
    package var isFull: Bool { count > Self.capacity &- PacketBatch.capacity }

    /// Forgets its packets.
    package mutating func removeAll() {
        (count, taken) = (0, 0)
        guard unsafe !copies.isEmpty else { return }
        unsafe copies.forEach { unsafe $0.deallocate() }
        unsafe copies.removeAll(keepingCapacity: true)
        unsafe lastName = UnsafeBufferPointer(start: nil, count: 0)
    }

    /// Adds a packet with a segment; there must be room.
    ///
    /// - Parameters:
    ///   - batch: A batch with the packet; its bytes must stay in place.
    ///   - place: The packet's place in the batch.
    ///   - prepared: The decoded segment; not changed, but `inout` to avoid another copy.
    @inline(__always)
    mutating func append(_ batch: borrowing PacketBatch, _ place: Int, _ prepared: inout PacketAhead) {
        unsafe append(batch, place, &prepared, batch.bytes(place).withUnsafeBufferPointer { unsafe $0 })
    }

    /// Adds a packet that completed a datagram with a segment; there must be room.
    ///
    /// - Parameters:
    ///   - batch: A batch with the packet.
    ///   - place: The packet's place in the batch.
    ///   - prepared: The decoded segment.
    ///   - datagram: The datagram.
    mutating func append(
        _ batch: borrowing PacketBatch, _ place: Int, _ prepared: inout PacketAhead, in datagram: Span<UInt8>
    ) {
        unsafe append(batch, place, &prepared, copy(datagram))
    }

    @inline(__always)
    private mutating func append(
        _ batch: borrowing PacketBatch, _ place: Int, _ prepared: inout PacketAhead, _ bytes: UnsafeBufferPointer<UInt8>
    ) {
        precondition(count < Self.capacity)
        let item = unsafe items + count
        unsafe item.pointee.prepared = prepared
        unsafe item.pointee.number = batch.number(place)
        unsafe item.pointee.time = batch.time(place)
        unsafe item.pointee.linkType = batch.linkType(place)
        unsafe item.pointee.bytes = unsafe bytes
        let name = batch.interfaceName(place)
        if unsafe name.count | lastName.count != 0 { keep(name) }
        unsafe item.pointee.interfaceName = unsafe lastName
        count &+= 1
    }

    /// Lends a packet to `body`, with the buffer of its segment and the name of its interface.
    @inline(__always)
    mutating func withItem<Result>(
        _ place: Int, _ body: (inout Item, _ bytes: Span<UInt8>, _ name: Span<UInt8>) -> Result
    ) -> Result {
        precondition(place >= 0 && place < count)
        let item = unsafe items + place
        let bytes = unsafe item.pointee.bytes
        let name = unsafe item.pointee.interfaceName
        return unsafe body(&item.pointee, Span(_unsafeElements: bytes), Span(_unsafeElements: name))
    }

    /// Lends the decoded segment of a packet.
    @inline(__always)
    mutating func withPacket<Result>(at place: Int, _ body: (inout PacketAhead) -> Result) -> Result {
        withItem(place) { item, _, _ in body(&item.prepared) }
    }

    /// Keeps an interface name once, however often it is repeated in a row.
    private mutating func keep(_ name: Span<UInt8>) {
        let isSame =
            unsafe lastName.count == name.count && name.indices.allSatisfy { unsafe lastName[$0] == name[$0] }
        if !isSame { unsafe lastName = copy(name) }
    }

    /// Keeps a copy of bytes until the packets are forgotten.
    private mutating func copy(_ bytes: Span<UInt8>) -> UnsafeBufferPointer<UInt8> {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        unsafe bytes.withUnsafeBufferPointer { _ = unsafe copy.initialize(fromContentsOf: $0) }
        unsafe copies.append(copy)
        return UnsafeBufferPointer(copy)
    }
}
