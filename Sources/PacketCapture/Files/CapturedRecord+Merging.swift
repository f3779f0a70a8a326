import WireFormat

extension CapturedRecord {
    /// The key that files are merged by: the packet's time, or its number in the whole capture.
    @inline(__always)
    func place(isNumbered: Bool) -> Timestamp {
        unsafe isNumbered ? Timestamp(nanoseconds: Int64(truncatingIfNeeded: number)) : time
    }

    /// Numbers the packet: with its own number if those are used, which must increase, or else by counting.
    @inline(__always)
    mutating func assignNumber(_ count: UInt64, after latest: inout UInt64?) {
        guard let previous = latest else {
            unsafe number = count
            return
        }
        unsafe number = max(number, previous &+ 1)
        latest = unsafe number
    }
}
