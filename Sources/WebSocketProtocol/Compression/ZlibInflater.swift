import BasicContainers
internal import CZlib
import WireFormat

/// Inflates with zlib.
///
/// The state takes about 10 KB plus the window, and must not move: zlib keeps its address.
@safe
struct ZlibInflater: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether a final block ended (RFC 7692 7.2.3.4) and no byte has followed it.
    private(set) var hasEnded = false

    /// Memory that zlib takes besides the window, in bytes.
    static let stateByteCount = 10 << 10

    /// Creates an inflater with an empty window of 9 to 15 bits; nil if there is no memory.
    init?(windowBits: Int) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        guard unsafe inflateInit2_(stream, -Int32(windowBits), ZLIB_VERSION, size) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Whether the data inflated so far ends at the end of a block.
    var isAtBlockEnd: Bool {
        // zlib.h: data_type holds the number of unused bits of the last byte, plus 128 right after a block.
        unsafe hasEnded || stream.pointee.data_type & 0x87 == 128
    }

    /// Clears the window: the next data starts from an empty one.
    mutating func reset() {
        unsafe inflateReset(stream)
        hasEnded = false
    }

    /// Abandons the current block, if one has begun: a new one follows.
    mutating func endBlock() {
        // Like the reset after a final block, this reset keeps the window.
        if !isAtBlockEnd { unsafe inflateResetKeep(stream) }
    }

    /// Copies the window, oldest byte first, to a buffer with room for the largest window; returns its length.
    func copyWindow(to target: UnsafeMutablePointer<UInt8>) -> Int {
        var count: UInt32 = 0
        unsafe inflateGetDictionary(stream, target, &count)
        return Int(count)
    }

    /// Adds bytes that were inflated elsewhere, as whole blocks, to the window.
    mutating func addToWindow(_ bytes: UnsafeBufferPointer<UInt8>) {
        if hasEnded { continueAfterFinalBlock() }
        // Without memory for the window, zlib refuses all data that follows.
        unsafe inflateSetDictionary(stream, bytes.baseAddress, UInt32(bytes.count))
    }

    /// Inflates from `input` into the free capacity of `output`.
    mutating func inflate(_ input: inout ByteCursor, into output: inout UniqueArray<UInt8>) -> Inflater.Status {
        while true {
            if hasEnded, !input.isEmpty { continueAfterFinalBlock() }
            var result = Z_OK
            let rest = input.rest
            let taken = unsafe rest.withUnsafeBufferPointer { source in
                let available = min(source.count, Int(UInt32.max))
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(available)
                output.append(addingCount: output.freeCapacity) { target in
                    unsafe target.withUnsafeMutableBufferPointer { buffer, initializedCount in
                        let room = min(buffer.count &- initializedCount, Int(UInt32.max))
                        unsafe stream.pointee.next_out = buffer.baseAddress.map { unsafe $0 + initializedCount }
                        unsafe stream.pointee.avail_out = UInt32(room)
                        result = unsafe CZlib.inflate(stream, Z_SYNC_FLUSH)
                        unsafe initializedCount &+= room &- Int(stream.pointee.avail_out)
                    }
                }
                return unsafe available &- Int(stream.pointee.avail_in)
            }
            input.skip(taken)
            switch result {
            case Z_STREAM_END:
                hasEnded = true
                if input.isEmpty { return .inputTaken }
            case Z_OK, Z_BUF_ERROR:
                if output.freeCapacity == 0 { return .outputFull }
                if input.isEmpty { return .inputTaken }
                if taken == 0 { return .broken }
            default:
                return .broken
            }
        }
    }

    /// RFC 7692 7.2.3.4: blocks may follow a final one, and may refer to bytes before it.
    private mutating func continueAfterFinalBlock() {
        // This reset keeps the window. Copying the window out and back would cost up to 64 KiB a block, and a hostile
        // sender can end a block every two bytes.
        unsafe inflateResetKeep(stream)
        hasEnded = false
    }
}
