import CZlib

/// Undoes gzip (RFC 1952), member by member.
@safe
final class GzipDecoder: StreamDecoder {
    /// zlib keeps a pointer to its stream: it stays where it is.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isBetween = false

    init() {
        unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 15 bits of window, the most that DEFLATE has; 16 more ask for gzip's header and trailer.
        let status = unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib cannot be used: \(status)")
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    @unsafe func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> DecodingStep {
        if isBetween {
            // Zeros behind a member are padding, as from tapes; gzip passes over them as well.
            let padding = unsafe input.prefix { $0 == 0 }.count
            guard padding == 0, unsafe !input.isEmpty else {
                return DecodingStep(consumed: padding, produced: 0, state: .between)
            }
            isBetween = false
            unsafe inflateReset(stream)
        }
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
        unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = UInt32(clamping: output.count)
        let status = unsafe inflate(stream, Z_SYNC_FLUSH)
        let consumed = unsafe Int(UInt32(clamping: input.count) &- stream.pointee.avail_in)
        let produced = unsafe Int(UInt32(clamping: output.count) &- stream.pointee.avail_out)
        isBetween = status == Z_STREAM_END
        let state: DecodingStep.State =
            switch status {
            case Z_OK, Z_BUF_ERROR: .inside
            case Z_STREAM_END: .between
            default: .failed(unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "error \(status)")
            }
        return DecodingStep(consumed: consumed, produced: produced, state: state)
    }
}
