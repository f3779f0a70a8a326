import CZlib

/// Inflates the messages of one direction through zlib, all of a message at once: what `Inflater` is held against.
final class ReferenceInflating {
    /// What became of a message.
    enum Outcome: Equatable {
        case inflated([UInt8])
        case broken
        /// A Huffman code that leaves bits without a meaning: zlib refuses it before they are met.
        case incompleteCode
        case tooLong
    }

    private static let mostBytes = 1 << 22
    private static let incompleteCodes = [
        "invalid code lengths set", "invalid literal/lengths set", "invalid distances set",
    ]
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var endedStream = false

    init(windowBits: Int = 15) {
        stream.initialize(to: z_stream())
        let bits = -Int32(max(9, windowBits))
        precondition(inflateInit2_(stream, bits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Forgets the window.
    func reset() {
        inflateReset(stream)
        endedStream = false
    }

    /// Inflates a message as RFC 7692 7.2.2 says.
    func inflate(_ message: [UInt8]) -> Outcome {
        var output: [UInt8] = []
        if let failure = inflate(message, into: &output) { return failure }
        if !endedStream, let failure = inflate([0x00, 0x00, 0xff, 0xff], into: &output) { return failure }
        // zlib.h: data_type holds the number of unused bits of the last byte, plus 128 right after a block.
        return endedStream || stream.pointee.data_type & 0x87 == 128 ? .inflated(output) : .broken
    }

    private func inflate(_ input: [UInt8], into output: inout [UInt8]) -> Outcome? {
        var input = input
        var piece = [UInt8](repeating: 0, count: 16384)
        return input.withUnsafeMutableBufferPointer { source in
            stream.pointee.next_in = source.baseAddress
            stream.pointee.avail_in = UInt32(source.count)
            while true {
                if endedStream {
                    if stream.pointee.avail_in == 0 { return nil }
                    inflateResetKeep(stream)
                    endedStream = false
                }
                let (result, made) = piece.withUnsafeMutableBufferPointer { target in
                    stream.pointee.next_out = target.baseAddress
                    stream.pointee.avail_out = UInt32(target.count)
                    return (CZlib.inflate(stream, Z_SYNC_FLUSH), target.count - Int(stream.pointee.avail_out))
                }
                output += piece[..<made]
                if output.count > Self.mostBytes { return .tooLong }
                switch result {
                case Z_STREAM_END: endedStream = true
                case Z_OK, Z_BUF_ERROR: if made < piece.count, stream.pointee.avail_in == 0 { return nil }
                default:
                    let reason = stream.pointee.msg.map { String(cString: $0) } ?? ""
                    return Self.incompleteCodes.contains(reason) ? .incompleteCode : .broken
                }
            }
        }
    }
}
