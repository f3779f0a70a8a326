import CZlib

/// Inflates the messages of one direction with zlib, each message at once: the reference for `Inflater`.
final class ReferenceInflating {
    /// The result of a message.
    enum Outcome: Equatable {
        case inflated([UInt8])
        /// The data ends inside a block; these are the bytes so far.
        case unfinished([UInt8])
        case broken
        /// A Huffman code that leaves some bits without a meaning: zlib refuses it before they occur.
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

    /// Inflates a message as defined by RFC 7692 7.2.2.
    func inflate(_ message: [UInt8]) -> Outcome {
        var output: [UInt8] = []
        if let failure = inflate(message, into: &output) { return failure }
        if !endedStream, let failure = inflate([0x00, 0x00, 0xff, 0xff], into: &output) { return failure }
        // zlib.h: data_type holds the number of unused bits of the last byte, plus 128 right after a block.
        if endedStream || stream.pointee.data_type & 0x87 == 128 { return .inflated(output) }
        // The next message begins with a block and has the same window (RFC 7692 7.2.2).
        inflateResetKeep(stream)
        return .unfinished(output)
    }

    /// Whether a message stays within a window of this size, after others that were inflated with it.
    ///
    /// zlib reads only the window if it has written nothing in the same call, so it gets room for single bytes.
    static func fits(_ messages: [[UInt8]], windowBits: Int) -> Bool {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        precondition(
            inflateInit2_(stream, -Int32(windowBits), ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
        defer {
            inflateEnd(stream)
            stream.deallocate()
        }
        for message in messages {
            var input = message + [0x00, 0x00, 0xff, 0xff]
            inflateResetKeep(stream)
            let fits = input.withUnsafeMutableBufferPointer { source in
                stream.pointee.next_in = source.baseAddress
                stream.pointee.avail_in = UInt32(source.count)
                var byte: UInt8 = 0
                while true {
                    let (result, room) = withUnsafeMutablePointer(to: &byte) {
                        stream.pointee.next_out = $0
                        stream.pointee.avail_out = 1
                        return (CZlib.inflate(stream, Z_SYNC_FLUSH), stream.pointee.avail_out)
                    }
                    if result == Z_STREAM_END {
                        inflateResetKeep(stream)
                    } else if result != Z_OK, result != Z_BUF_ERROR {
                        return false
                    }
                    if room == 1, stream.pointee.avail_in == 0 { return true }
                }
            }
            if !fits { return false }
        }
        return true
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
