import CLZ4
import CZlib
import CZstd

/// Decodes gzip (RFC 1952), member by member.
@safe
final class GzipDecoder: StreamDecoder {
    /// On the heap, since zlib keeps a pointer to its stream.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isBetween = false

    init() {
        unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // A window of 15 bits, the largest in DEFLATE; adding 16 selects gzip's header and trailer.
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
            // Zeros after a member are padding (from tapes, for example); gzip skips them too.
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

/// Decodes zstd (RFC 8878), frame by frame; skippable frames are skipped.
@safe
final class ZstdDecoder: StreamDecoder {
    private let context: OpaquePointer
    private var pace = BlockPace(headerLength: 5)
    private let room: WindowRoom
    /// The bytes of the room that its window takes.
    private var window = 0
    /// The beginning of a frame, until its header shows the window.
    private var header: [UInt8]? = []

    /// Creates a decoder that takes its window from `room`.
    init(_ room: WindowRoom) {
        self.room = room
        guard let context = unsafe ZSTD_createDCtx() else { preconditionFailure("no memory for zstd") }
        unsafe self.context = unsafe context
        // 128 MiB, also the library's default: larger windows are refused.
        unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 27)
    }

    deinit {
        unsafe ZSTD_freeDCtx(context)
        room.release(window)
    }

    /// Claims memory for the window of the frame that continues with `input`.
    ///
    /// - Returns: Why it was not granted; nil if it was.
    private func claimWindow(_ input: UnsafeRawBufferPointer) -> String? {
        guard var start = header else { return nil }
        unsafe start.append(contentsOf: input.prefix(ZstdWindow.longestHeader &- start.count))
        header = start
        guard let needed = ZstdWindow.byteCount(ofFrameThatBeginsWith: start) else { return nil }
        header = nil
        guard needed > window else { return nil }
        // The library rejects larger windows, however much memory there is.
        guard needed <= ZstdWindow.largest else { return Self.excuse(needed, "the largest that is read has 128 MiB") }
        guard room.claim(needed &- window) else { return Self.excuse(needed, "--memory leaves less") }
        window = needed
        return nil
    }

    private static func excuse(_ needed: Int, _ reason: String) -> String {
        "needs \((needed &- 1) >> 20 &+ 1) MiB for its window; \(reason)"
    }

    @unsafe func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> DecodingStep {
        let portion = pace.portion(of: input.count)
        if let excuse = unsafe claimWindow(UnsafeRawBufferPointer(rebasing: input.prefix(portion))) {
            return DecodingStep(consumed: 0, produced: 0, state: .needsMemory(excuse))
        }
        var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: portion, pos: 0)
        var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let hint = unsafe ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(hint) == 0 else {
            let message = unsafe String(cString: ZSTD_getErrorName(hint))
            return DecodingStep(consumed: 0, produced: 0, state: .failed(message))
        }
        if hint == 0, unsafe source.pos > 0 || target.pos > 0 { header = [] }
        return unsafe pace.step(consumed: source.pos, produced: target.pos, room: output.count, hint: hint)
    }
}

/// Decodes the lz4 frame format, frame by frame; skippable frames are skipped.
@safe
final class LZ4Decoder: StreamDecoder {
    private let context: OpaquePointer
    private var pace = BlockPace(headerLength: 7)

    init() {
        var context: OpaquePointer?
        let status = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let context = unsafe context else {
            preconditionFailure("no memory for lz4")
        }
        unsafe self.context = unsafe context
    }

    deinit {
        unsafe LZ4F_freeDecompressionContext(context)
    }

    @unsafe func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> DecodingStep {
        var consumed = pace.portion(of: input.count)
        var produced = output.count
        let hint = unsafe LZ4F_decompress(
            context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
        guard LZ4F_isError(hint) == 0 else {
            let message = unsafe String(cString: LZ4F_getErrorName(hint))
            return DecodingStep(consumed: 0, produced: 0, state: .failed(message))
        }
        return pace.step(consumed: consumed, produced: produced, room: output.count, hint: hint)
    }
}

/// Limits the input of a block-wise decoder to one block per call.
///
/// A failed call of zstd or lz4 returns nothing but the error: intact blocks decoded in the same call would be lost.
struct BlockPace {
    private let headerLength: Int
    private var wanted: Int
    private var isBetween = false
    /// Whether the library may hold decoded bytes that did not fit into the output.
    private var mayHoldOutput = false

    /// Starts at a frame's header, by feeding `headerLength` bytes of it.
    init(headerLength: Int) {
        self.headerLength = headerLength
        wanted = headerLength
    }

    /// How many of `available` bytes to feed next; none while the library may hold output.
    func portion(of available: Int) -> Int {
        mayHoldOutput ? 0 : min(wanted, available)
    }

    /// Records the outcome of a call; `hint` is the library's return value: how many bytes it wants next, 0 after a
    /// frame.
    mutating func step(consumed: Int, produced: Int, room: Int, hint: Int) -> DecodingStep {
        if consumed > 0 || produced > 0 { isBetween = hint == 0 }
        wanted = max(1, hint == 0 ? headerLength : hint)
        mayHoldOutput = produced == room
        return DecodingStep(consumed: consumed, produced: produced, state: isBetween ? .between : .inside)
    }
}
