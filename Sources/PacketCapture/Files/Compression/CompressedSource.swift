/// Unpacks a compressed file as it is read.
///
/// The method bounds the memory, whatever the file holds: a window of 32 KiB for gzip, a block of 4 MiB for lz4, a
/// window of up to 128 MiB for zstd (`zstd --long=27`), as far as the room that all files share (``WindowRoom``)
/// allows.
final class CompressedSource: ByteSource {
    private(set) var failure: InputFailure?
    private var input: ReadBuffer
    private let decoder: any StreamDecoder
    private var state = DecodingStep.State.inside

    /// Unpacks `input`, which starts with the compressed data.
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
            switch step.state {
            case .failed(let message): failure = .compressionDamaged(message, offset: input.offset)
            case .needsMemory(let reason): failure = .needsMemory(reason, offset: input.offset)
            case .inside, .between: break
            }
            if step.produced > 0 { return step.produced }
            if input.count == 0 {
                guard failure == nil, readOn() else { return 0 }
            } else if step.consumed == 0, failure == nil {
                // Normal to see once: the decoder first returns what it still holds.
                idleSteps += 1
                if idleSteps > 8 { failure = .compressionDamaged("no progress", offset: input.offset) }
            }
        }
        return 0
    }

    /// Reads more of the file; false at its end, whether or not the compressed data ends there too.
    private func readOn() -> Bool {
        if input.fill(1) { return true }
        failure = input.failure ?? (state == .between ? nil : .compressionCutShort(offset: input.endOffset))
        return false
    }
}

/// A compression method, recognised by the first bytes of a file.
enum CompressionMethod: String {
    case gzip, zstd, lz4
    case legacyLZ4 = "lz4 (legacy frames)"
    case xz, bzip2

    /// Creates its decoder; nil if the method is not supported.
    func makeDecoder(_ windows: WindowRoom) -> (any StreamDecoder)? {
        switch self {
        case .gzip: GzipDecoder()
        case .zstd: ZstdDecoder(windows)
        case .lz4: LZ4Decoder()
        case .legacyLZ4, .xz, .bzip2: nil
        }
    }
}

/// An incremental decompressor.
protocol StreamDecoder: AnyObject {
    /// Decodes as much as it can.
    ///
    /// - Parameters:
    ///   - input: The next compressed bytes; may be empty.
    ///   - output: Room for at least one byte.
    /// - Returns: How much was consumed and produced.
    @unsafe func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> DecodingStep
}

/// The outcome of one call of a decoder.
struct DecodingStep {
    /// Compressed bytes consumed.
    var consumed: Int
    /// Bytes written to the output.
    var produced: Int
    var state: State

    enum State: Equatable {
        /// Inside a member (gzip) or frame (zstd, lz4): more must follow.
        case inside
        /// At the end of one: the file may end here, or another may follow.
        case between
        /// At data that cannot be decoded; with the library's message.
        case failed(String)
        /// At data that needs more memory than there is; says how much.
        case needsMemory(String)
    }
}
