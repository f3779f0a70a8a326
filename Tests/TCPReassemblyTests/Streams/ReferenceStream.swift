/// The obvious reassembler: every byte of a stream by its offset; the first copy of a byte stays.
struct ReferenceStream {
    /// Bytes by offset; nil where a snap length cut the first copy.
    private var bytes: [UInt64: UInt8?] = [:]
    private var next: UInt64 = 0
    /// What the stream delivers.
    private(set) var pieces: [Piece] = []

    /// Takes a segment.
    ///
    /// - Parameters:
    ///   - captured: Its bytes in the capture.
    ///   - cut: How many more it had.
    ///   - offset: Where it begins in the stream.
    mutating func receive(_ captured: [UInt8], cut: Int = 0, at offset: UInt64) {
        for index in 0..<(captured.count + cut) where bytes[offset + UInt64(index)] == nil {
            bytes.updateValue(index < captured.count ? captured[index] : nil, forKey: offset + UInt64(index))
        }
        while let byte = bytes[next] { handOn(byte) }
    }

    /// Declares every hole a gap.
    mutating func flush() {
        guard let last = bytes.keys.max() else { return }
        while next <= last { handOn(bytes[next] ?? nil) }
    }

    private mutating func handOn(_ byte: UInt8?) {
        next += 1
        if let byte {
            pieces.append(bytes: [byte])
        } else if case .gap(let length) = pieces.last {
            pieces[pieces.count - 1] = .gap(length + 1)
        } else {
            pieces.append(.gap(1))
        }
    }
}
