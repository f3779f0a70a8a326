import BasicContainers
internal import CZlib
import WireFormat

/// Inflates the messages of one direction (RFC 7692 7.2.2) through zlib, which keeps the address of its state: about
/// 10 KB plus the window.
@safe
struct Inflater: ~Copyable {
    /// How one step ended.
    enum Status {
        /// All input is taken.
        case inputTaken
        /// The output has no room left.
        case outputFull
        /// The data is not deflate data.
        case broken
    }

    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether a final block ended (RFC 7692 7.2.3.4) and no byte has come since.
    private var endedStream = false
    /// Bytes of the window that zlib has touched: it is allocated at once and filled from its beginning.
    private var windowByteCount = 0
    private let windowLimit: Int

    /// What zlib takes beside the window.
    static let stateByteCount = 10 << 10

    /// What zlib takes in memory, in bytes.
    var byteCount: Int { Inflater.stateByteCount &+ windowByteCount }

    /// - Parameter windowBits: The negotiated 8 to 15; nil is returned where zlib has no memory.
    init?(windowBits: Int) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // zlib takes 8 for 9 when it deflates, so a sender that negotiated 8 may use a window of 512 bytes.
        let bits = -Int32(max(9, windowBits))
        windowLimit = 1 &<< max(9, windowBits)
        guard unsafe inflateInit2_(stream, bits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Whether as many bytes as the window takes were inflated since the last reset.
    var hasWholeWindow: Bool { unsafe stream.pointee.total_out >= UInt(windowLimit) }

    /// Whether everything inflated so far ends at the end of a block.
    var isAtBlockEnd: Bool {
        // zlib.h: data_type holds the unused bits of the last byte, plus 128 behind the end of a block.
        unsafe endedStream || stream.pointee.data_type & 0x87 == 128
    }

    /// Whether a final block ended, so that the flush marker which ends a message must not follow.
    var isAtStreamEnd: Bool { endedStream }

    /// Forgets the window: the next message begins afresh.
    mutating func reset() {
        unsafe inflateReset(stream)
        endedStream = false
    }

    /// Inflates from `input` into the free capacity of `output`.
    mutating func inflate(_ input: inout ByteCursor, into output: inout UniqueArray<UInt8>) -> Status {
        while true {
            if endedStream, !input.isEmpty { continueBehindFinalBlock() }
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
            windowByteCount = min(windowLimit, max(windowByteCount, Int(clamping: unsafe stream.pointee.total_out)))
            switch result {
            case Z_STREAM_END:
                endedStream = true
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

    /// RFC 7692 7.2.3.4: blocks may follow a final one, and they may refer back to what came before it.
    private mutating func continueBehindFinalBlock() {
        // This reset leaves the window alone. To copy it out and in again would cost up to 64 KiB for every block, and
        // a hostile sender can end one every two bytes.
        unsafe inflateResetKeep(stream)
        endedStream = false
    }
}
