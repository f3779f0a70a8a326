public import CPrefetch

/// Prefetches bytes that will be needed soon, without reading them.
///
/// With thousands of connections open, a packet's state is rarely in the cache: waiting for it took a third of all
/// time.
///
/// - Parameters:
///   - address: Any address.
///   - bytes: Which bytes, counted from there.
@inlinable @inline(__always)
package func prefetch(_ address: UnsafeRawPointer, _ bytes: Range<Int>) {
    // Cache lines have 64 bytes on most machines. The bytes may begin anywhere in one, so the last may be in one more.
    var offset = bytes.lowerBound
    while offset < bytes.upperBound &- 1 {
        unsafe prefetch_line(address + offset)
        offset &+= 64
    }
    unsafe prefetch_line(address + bytes.upperBound - 1)
}
