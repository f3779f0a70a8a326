/// A simple reassembler: a queue of waiting segments as Linux keeps it (tcp_data_queue_ofo), in which each byte is read
/// from the first segment that has it.
struct ReferenceStream {
    /// A waiting segment; a byte is nil if a snap length cut it.
    private struct Waiting {
        var start: UInt64
        var bytes: [UInt8?]
        var end: UInt64 { start + UInt64(bytes.count) }
    }

    private var waiting: [Waiting] = []
    private var next: UInt64 = 0
    /// What the stream delivers.
    private(set) var pieces: [Piece] = []

    /// Takes a segment.
    ///
    /// - Parameters:
    ///   - captured: Its captured bytes.
    ///   - cut: The number of its bytes that were cut.
    ///   - offset: Its offset in the stream.
    mutating func receive(_ captured: [UInt8], cut: Int = 0, at offset: UInt64) {
        let segment = Waiting(start: offset, bytes: captured.map { $0 } + Array(repeating: nil, count: cut))
        guard segment.end > next else { return }
        if offset <= next {
            handOn(segment)
            while let first = waiting.first, first.start <= next { handOn(waiting.removeFirst()) }
            return
        }
        insert(segment)
    }

    /// Declares every hole a gap.
    mutating func flush() {
        while !waiting.isEmpty {
            let first = waiting.removeFirst()
            while next < first.start { handOn(nil as UInt8?) }
            handOn(first)
        }
    }

    private mutating func insert(_ segment: Waiting) {
        // All of its bytes are already there.
        if waiting.contains(where: { $0.start <= segment.start && segment.end <= $0.end }) { return }
        var place = waiting.firstIndex { $0.start >= segment.start } ?? waiting.count
        let isOverlapped = waiting.contains { $0.start <= segment.start && segment.start < $0.end }
        if !isOverlapped, let before = waiting.firstIndex(where: { $0.end == segment.start }) {
            // It directly follows another segment: the two become one.
            waiting[before].bytes += segment.bytes
            place = before
        } else {
            waiting.insert(segment, at: place)
        }
        // Segments that it covers are dropped.
        while place + 1 < waiting.count, waiting[place + 1].end <= waiting[place].end { waiting.remove(at: place + 1) }
    }

    private mutating func handOn(_ segment: Waiting) {
        guard segment.end > next else { return }
        for byte in segment.bytes[Int(next - segment.start)...] { handOn(byte) }
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
