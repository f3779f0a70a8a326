import WebSocketProtocol
import WireFormat

/// The bytes of a session that frames touch, for prefetching before a segment's turn.
///
/// Tests compare them with the fields' addresses.
extension Session {
    /// The bytes that every segment touches, apart from those of its stream.
    static var headBytes: Range<Int> { 0..<64 }

    /// Roughly the bytes that frames of an end touch.
    @inline(__always)
    static func hotBytes(of role: Role) -> (Range<Int>, Range<Int>) {
        let start = headByteCount &+ role.index &* MemoryLayout<SessionStream>.stride
        let (counts, decoder) = SessionStream.hotBytes
        return (
            (start &+ counts.lowerBound)..<(start &+ counts.upperBound),
            (start &+ decoder.lowerBound)..<(start &+ decoder.upperBound)
        )
    }

    /// The bytes of ``carriers``, which a session in a layer needs too.
    static var carrierBytes: Range<Int> {
        let start = headByteCount &+ 2 &* MemoryLayout<SessionStream>.stride &+ MemoryLayout<RoundTripRecord?>.stride
        return start..<(start &+ MemoryLayout<CarrierMaps?>.size)
    }

    /// The bytes before the streams.
    private static var headByteCount: Int { 104 }

    /// Prefetches what the next bytes of a session in a layer will change.
    ///
    /// It takes the address as a number, since a retain would wait for memory that is still on its way.
    func prefetchCarriers() {
        let address = unsafe unsafeBitCast(carriers, to: UInt.self)
        guard let object = unsafe UnsafeRawPointer(bitPattern: address) else { return }
        unsafe WireFormat.prefetch(object, 0..<CarrierMaps.nearSize)
    }
}
