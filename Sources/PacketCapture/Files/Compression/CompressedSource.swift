/// What unpacks a compressed file while it is read.
///
/// Memory is bounded by the method, whatever the file holds: 32 KiB of history with gzip, 4 MiB of a block with lz4, and
/// windows of up to 128 MiB with zstd (`zstd --long=27`), which refuses larger ones.
final class CompressedSource: ByteSource {
    private(set) var failure: InputFailure?
    private var input: ReadBuffer
    private let decoder: any StreamDecoder
    private var state = DecodingStep.State.inside

    /// Unpacks `input`, at whose start the compressed data begin.
    init(_ input: consuming ReadBuffer, _ decoder: any StreamDecoder) {
        self.input = input
        self.decoder = decoder
    }

    @unsafe func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var idleSteps = 0
        while failure == nil {
            let step = unsafe decoder.decode(input.unread, into: buffer)
            input.consume(step.consumed)
            state = step.state
            if case .failed(let words) = step.state {
                failure = .compressionDamaged(words, offset: input.offset)
            }
            if step.produced > 0 { return step.produced }
            if input.count == 0 {
                guard failure == nil, readOn() else { return 0 }
            } else if step.consumed == 0, failure == nil {
                // Once is normal: the decoder had to be asked for what it held before it is fed.
                idleSteps += 1
                if idleSteps > 8 { failure = .compressionDamaged("no progress", offset: input.offset) }
            }
        }
        return 0
    }

    /// Reads more of the file; false at its end, whether that is a good one or not.
    private func readOn() -> Bool {
        if input.fill(1) { return true }
        failure = input.failure ?? (state == .between ? nil : .compressionCutShort(offset: input.endOffset))
        return false
    }
}

/// How a file is compressed, as its first bytes tell.
enum CompressionMethod: String {
    case gzip, zstd, lz4
    case legacyLZ4 = "lz4 (legacy frames)"
    case xz, bzip2

    /// Makes what undoes it; nil where that is not supported.
    func makeDecoder() -> (any StreamDecoder)? {
        switch self {
        case .gzip: GzipDecoder()
        case .zstd: ZstdDecoder()
        case .lz4: LZ4Decoder()
        case .legacyLZ4, .xz, .bzip2: nil
        }
    }
}

/// What undoes a compression, fed in pieces.
protocol StreamDecoder: AnyObject {
    /// Decodes the next bytes into the next place for them.
    ///
    /// - Parameters:
    ///   - input: The next compressed bytes, as many as there are.
    ///   - output: Room for at least one byte.
    /// - Returns: How far that went.
    @unsafe func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> DecodingStep
}

/// How far a decoder came in one call.
struct DecodingStep {
    /// How many compressed bytes it has taken.
    var consumed: Int
    /// How many bytes it has written.
    var produced: Int
    /// Where that leaves it.
    var state: State

    enum State: Equatable {
        /// Inside a member (gzip) or frame (zstd, lz4): more must come.
        case inside
        /// At the end of one: the file may end here, or another follow.
        case between
        /// Before data that cannot be decoded; the words are the library's.
        case failed(String)
    }
}
