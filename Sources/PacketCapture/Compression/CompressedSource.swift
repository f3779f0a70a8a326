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
