import WireFormat

extension TLSReader {
    /// Memory for the sides of a shard's connections.
    ///
    /// Allocated in chunks: each on its own would take more.
    @safe
    final class SidePool {
        private var chunks: [UnsafeMutableRawPointer] = unsafe []
        private var free: [UnsafeMutablePointer<Side>] = unsafe []

        /// Connections whose sides are allocated together.
        private static let chunkSize = 64
        /// The bytes of the sides of a connection.
        static let pairSize = 2 &* MemoryLayout<Side>.stride

        deinit { unsafe chunks.forEach { unsafe $0.deallocate() } }

        /// The bytes that it takes, used and free: memory that does not come back when connections are forgotten.
        var byteCount: Int {
            unsafe chunks.count &* (Self.chunkSize &* (Self.pairSize &+ 2 &* MemoryLayout<Int>.stride))
        }

        /// Makes the sides of a connection.
        func make() -> UnsafeMutablePointer<Side> {
            if unsafe free.isEmpty {
                let chunk = UnsafeMutableRawPointer.allocate(byteCount: Self.chunkSize &* Self.pairSize, alignment: 64)
                unsafe chunks.append(chunk)
                for index in (0..<Self.chunkSize).reversed() {
                    unsafe free.append((chunk + index &* Self.pairSize).bindMemory(to: Side.self, capacity: 2))
                }
            }
            let sides = unsafe free.removeLast()
            for index in 0..<2 { unsafe (sides + index).initialize(to: Side()) }
            return unsafe sides
        }

        /// Takes the memory of sides back.
        func end(_ sides: UnsafeMutablePointer<Side>) {
            unsafe sides.deinitialize(count: 2)
            unsafe free.append(sides)
        }
    }
}
