import CZlib

/// Compresses messages as defined by RFC 7692 7.2.1, with zlib.
final class Deflating {
    /// How the compressed data of a message ends.
    enum Ending: CaseIterable {
        /// An empty stored block without its last four bytes (RFC 7692 7.2.1).
        case flush
        /// A final block and the header of an empty stored one (RFC 7692 7.2.3.4).
        case finalBlock
        /// A final block and nothing after it.
        case finalBlockAlone
    }

    private var stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let takeover: Bool
    private let windowBits: Int32
    private let level: Int32
    private let strategy: Int32
    /// The bytes that later messages may refer to.
    private var window: [UInt8] = []

    /// Begins a direction; if the negotiated 8 to 15 bits are 8, zlib deflates with a window of 9.
    init(takeover: Bool = true, windowBits: Int = 15, level: Int32 = 6, strategy: Int32 = Z_DEFAULT_STRATEGY) {
        self.takeover = takeover
        self.windowBits = Int32(max(9, windowBits))
        self.level = level
        self.strategy = strategy
        open()
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// The compressed payload of a message; with `blockLength`, a block ends after each run of that many bytes.
    func compress(_ payload: [UInt8], ending: Ending = .flush, blockLength: Int? = nil) -> [UInt8] {
        // zlib does not flush again without new data (RFC 7692 7.2.3.6).
        if payload.isEmpty, ending == .flush { return [0] }
        var compressed: [UInt8] = []
        var rest = payload[...]
        if let blockLength {
            while rest.count > blockLength {
                compressed += deflate(Array(rest.prefix(blockLength)), Z_SYNC_FLUSH)
                rest = rest.dropFirst(blockLength)
            }
        }
        compressed += deflate(Array(rest), ending == .flush ? Z_SYNC_FLUSH : Z_FINISH)
        window = (window + payload).suffix(1 << windowBits)
        switch ending {
        case .flush:
            precondition(compressed.suffix(4) == [0, 0, 0xff, 0xff])
            compressed.removeLast(4)
        case .finalBlock, .finalBlockAlone:
            if ending == .finalBlock { compressed.append(0) }
            deflateReset(stream)
            if takeover { deflateSetDictionary(stream, window, UInt32(window.count)) }
        }
        if !takeover {
            deflateReset(stream)
            window = []
        }
        return compressed
    }

    private func open() {
        stream.initialize(to: z_stream())
        let result = deflateInit2_(
            stream, level, Z_DEFLATED, -windowBits, 9, strategy, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK)
    }

    private func deflate(_ input: [UInt8], _ flush: Int32) -> [UInt8] {
        var input = input
        var output = [UInt8](repeating: 0, count: input.count + input.count / 8 + 1000)
        let count = input.count
        let room = output.count
        return input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.pointee.next_in = source.baseAddress
                stream.pointee.avail_in = UInt32(count)
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(room)
                let result = CZlib.deflate(stream, flush)
                precondition(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
                precondition(stream.pointee.avail_out > 0)
                return Array(target.prefix(room - Int(stream.pointee.avail_out)))
            }
        }
    }
}
