internal import CPrefetch

/// Asks the processor to bring `byteCount` bytes near that will be needed soon; they are not looked at.
///
/// With some thousands of connections open, a packet's would come from far: waiting for them took a third of all time.
@usableFromInline
func prefetch(_ address: UnsafeRawPointer, byteCount: Int) {
    // A cache line has 64 bytes, on most machines.
    var line = Int(bitPattern: address) & ~63
    let end = Int(bitPattern: address) &+ byteCount
    while line < end {
        unsafe prefetch_line(UnsafeRawPointer(bitPattern: line))
        line &+= 64
    }
}
