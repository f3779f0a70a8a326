public import CPrefetch

/// Asks the processor to bring bytes near that will be needed soon; they are not looked at.
///
/// With some thousands of connections open, a packet's would come from far: waiting for them took a third of all time.
///
/// - Parameters:
///   - address: Any address.
///   - bytes: Which bytes, counted from there.
@inlinable @inline(__always)
package func prefetch(_ address: UnsafeRawPointer, _ bytes: Range<Int>) {
    // A cache line has 64 bytes, on most machines.
    var offset = bytes.lowerBound & ~63
    while offset < bytes.upperBound {
        unsafe prefetch_line(address + offset)
        offset &+= 64
    }
}
