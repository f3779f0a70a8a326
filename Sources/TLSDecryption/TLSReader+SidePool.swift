import WireFormat

extension TLSReader {
    /// The sides of a connection, by ``Direction/index``.
    struct SidePair: ~Copyable {
        var sides: InlineArray<2, Side> = [Side(), Side()]
    }

    /// Memory for the sides of a shard's connections: each on its own would take more.
    final class SidePool {
        private var pairs = SlotPool<SidePair>()

        /// The bytes of the sides of a connection.
        static let pairSize = MemoryLayout<SidePair>.stride

        /// The bytes that it takes, used and free.
        var byteCount: Int { pairs.byteCount }

        /// Makes the sides of a connection.
        func make() -> Slot<SidePair> { pairs.insert(SidePair()) }

        /// Where sides are while they live.
        func address(of slot: Slot<SidePair>) -> UnsafeMutableRawPointer {
            unsafe UnsafeMutableRawPointer(pairs.address(of: slot))
        }

        /// Takes the memory of sides back.
        func end(_ slot: Slot<SidePair>) { pairs.remove(slot) }
    }
}
