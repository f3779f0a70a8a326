import WireFormat

/// Reads the lines of a key log.
struct KeyLogScanner {
    let source: any KeyLogSource
    private var offset: UInt64
    private(set) var isAtEnd = false
    /// Some of what was read.
    private(set) var sample: KeyLogSample
    /// Where a line begins that has no end yet.
    private(set) var unfinished: UInt64
    /// Whether the bytes up to the next line's end belong to a line that is too long.
    private var isSkipping = false

    private static let chunk = 1 << 20

    init(_ source: any KeyLogSource, at offset: UInt64, after sample: KeyLogSample = KeyLogSample()) {
        self.source = source
        self.sample = sample
        self.offset = offset
        unfinished = offset
    }

    /// Reads on, and finds where lines with secrets begin.
    mutating func next(into lines: inout [(offset: UInt64, random: Random)]) {
        let bytes = source.read(at: offset, count: Self.chunk)
        sample.take(bytes, at: offset)
        let isLast = bytes.count < Self.chunk
        // Some editors begin a file with a byte order mark.
        var start = offset == 0 && bytes.span.starts(with: "\u{feff}", at: 0, in: 0..<bytes.count) ? 3 : 0
        while start < bytes.count {
            let stop = bytes.span.index(of: UInt8(ascii: "\n"), in: start..<bytes.count)
            // The last line may have no end.
            guard stop < bytes.count || isLast else { break }
            if !isSkipping, let line = KeyLogLine(bytes.span.extracting(start..<stop)) {
                lines.append((offset &+ UInt64(start), line.random))
            }
            isSkipping = false
            unfinished = stop == bytes.count ? offset &+ UInt64(start) : offset &+ UInt64(stop &+ 1)
            start = stop &+ 1
        }
        if isLast {
            isAtEnd = true
        } else if bytes.count &- start > KeyLogLine.limit {
            // No line is as long.
            isSkipping = true
            offset &+= UInt64(bytes.count)
        } else {
            offset &+= UInt64(start)
        }
    }

    /// How far apart lines of one random may begin that are found by the first of them: other lines may stand between.
    static let reach: UInt64 = 1024

    /// Reads the lines that begin at a place and before another one, as long as they are wanted; hands each on with its
    /// bytes.
    static func read(
        _ place: KeyLogIndex.Place, before end: UInt64, _ take: (KeyLogLine, Span<UInt8>) -> Bool
    ) {
        let source = place.source
        var offset = place.offset
        var latest = offset
        while true {
            let size = 8 * KeyLogLine.limit
            let bytes = source.read(at: offset, count: size)
            var start = 0
            while start < bytes.count {
                let stop = bytes.span.index(of: UInt8(ascii: "\n"), in: start..<bytes.count)
                guard stop < bytes.count || bytes.count < size else { break }
                let place = offset &+ UInt64(start)
                guard place < end, place &- latest <= reach else { return }
                let text = bytes.span.extracting(start..<stop)
                if let line = KeyLogLine(text) {
                    guard take(line, text) else { return }
                    latest = place
                }
                start = stop &+ 1
            }
            guard bytes.count == size, start > 0 else { return }
            offset &+= UInt64(start)
        }
    }
}
