import WebSocketProtocol
import WireFormat

/// Which bytes of a session's memory frames touch, so that they can be brought near ahead of a segment's turn.
///
/// Tests hold them against the fields' addresses.
extension Session {
    /// The bytes of the value that every segment touches beside a stream's: for a look ahead.
    static var headBytes: Range<Int> { 0..<64 }

    /// The bytes that frames of an end touch, about.
    @inline(__always)
    static func hotBytes(of role: Role) -> (Range<Int>, Range<Int>) {
        let start = headByteCount &+ role.index &* MemoryLayout<SessionStream>.stride
        let (counts, decoder) = SessionStream.hotBytes
        return (
            (start &+ counts.lowerBound)..<(start &+ counts.upperBound),
            (start &+ decoder.lowerBound)..<(start &+ decoder.upperBound)
        )
    }

    /// Where ``carriers`` is, which what a layer carries needs as well.
    static var carrierBytes: Range<Int> {
        let start = headByteCount &+ 2 &* MemoryLayout<SessionStream>.stride &+ MemoryLayout<RoundTripRecord?>.stride
        return start..<(start &+ MemoryLayout<CarrierMaps?>.size)
    }

    /// How many bytes stand before the streams.
    private static var headByteCount: Int { 104 }

    /// Asks the processor to bring near what the next bytes change if a layer carries it.
    ///
    /// It takes the address as a number: a retain would wait for what is still on its way.
    func prefetchCarriers() {
        let address = unsafe unsafeBitCast(carriers, to: UInt.self)
        guard let object = unsafe UnsafeRawPointer(bitPattern: address) else { return }
        unsafe WireFormat.prefetch(object, 0..<CarrierMaps.nearSize)
    }
}
