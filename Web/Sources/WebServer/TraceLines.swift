/// Divides a trace (`docs/trace-format.md`) into lines, and omits those that the page does not need.
///
/// It looks only at the beginning of lines: wstap writes the keys of an event in a fixed order, and a quotation mark
/// inside a JSON string has a backslash before it, so no payload looks like a key.
struct TraceLines {
    /// Complete lines that arrived together.
    struct Chunk {
        var bytes: [UInt8] = []
        var lines = 0
        /// The trace's first line, if it is among them.
        var header: [UInt8] = []
        var frames: UInt64 = 0
        var received = 0
        var unusable: UInt64 = 0
    }

    /// The longest line that is kept; longer ones are counted.
    static let longest = 1 << 20
    private static let newline = UInt8(ascii: "\n")

    private var rest: [UInt8] = []
    /// Whether the current line is too long.
    private var isSkipping = false

    /// Adds bytes, and returns the lines that are complete.
    mutating func receive(_ bytes: ArraySlice<UInt8>) -> Chunk {
        var chunk = Chunk()
        chunk.received = bytes.count
        guard let end = bytes.lastIndex(of: Self.newline) else {
            keep(bytes, &chunk)
            return chunk
        }
        var whole = bytes[...end]
        if isSkipping || !rest.isEmpty {
            let first = whole.firstIndex(of: Self.newline).map { $0 + 1 } ?? whole.endIndex
            if !isSkipping {
                rest += whole[..<first]
                add(rest[...], to: &chunk)
            }
            whole = whole[first...]
        }
        (rest, isSkipping) = ([], false)
        for line in Self.split(whole) { add(line, to: &chunk) }
        keep(bytes[(end + 1)...], &chunk)
        return chunk
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>, _ chunk: inout Chunk) {
        guard !isSkipping else { return }
        rest += bytes
        guard rest.count > Self.longest else { return }
        chunk.unusable += 1
        (rest, isSkipping) = ([], true)
    }

    private func add(_ line: ArraySlice<UInt8>, to chunk: inout Chunk) {
        guard line.count <= Self.longest, Self.begins(line, #"{"event":""#), line.dropLast().last == UInt8(ascii: "}")
        else {
            chunk.unusable += 1
            return
        }
        if Self.begins(line, #"{"event":"frame""#) {
            chunk.frames += 1
            if Self.isData(line) { return }
        } else if Self.begins(line, #"{"event":"capture""#) {
            chunk.header = Array(line)
            return
        }
        chunk.bytes += line
        chunk.lines += 1
    }

    /// Whether a frame belongs to a data message, whose own line has all that the page shows.
    private static func isData(_ line: ArraySlice<UInt8>) -> Bool {
        let key: StaticString = #","opcode":""#
        let head = line.prefix(640)
        // Not `firstRange(of:)`, which takes tens of microseconds.
        for place in head.indices where head[place] == UInt8(ascii: ",") && begins(head[place...], key) {
            let name = head[(place + key.utf8CodeUnitCount)...]
            return begins(name, #"text""#) || begins(name, #"binary""#) || begins(name, #"continuation""#)
        }
        return false
    }

    /// Whether a line begins or ends a session.
    static func isOfSession(_ line: ArraySlice<UInt8>) -> Bool {
        ([#"{"event":"connection""#, #"{"event":"handshake""#, #"{"event":"end""#] as [StaticString])
            .contains { begins(line, $0) }
    }

    /// Whether bytes can be the beginning of a trace.
    static func isTrace(_ bytes: ArraySlice<UInt8>) -> Bool {
        zip(bytes, #"{"event":"capture""#.utf8).allSatisfy { $0 == $1 }
    }

    /// The single lines, each with its line feed.
    static func split<Bytes: RandomAccessCollection<UInt8>>(_ bytes: Bytes) -> [ArraySlice<UInt8>]
    where Bytes.Index == Int, Bytes.SubSequence == ArraySlice<UInt8> {
        var (lines, start) = ([ArraySlice<UInt8>](), bytes.startIndex)
        while start < bytes.endIndex, let end = bytes[start...].firstIndex(of: newline) {
            lines.append(bytes[start...end])
            start = end + 1
        }
        return lines
    }

    /// The lines without the first `count`.
    static func dropping(_ count: Int, of bytes: [UInt8]) -> ArraySlice<UInt8> {
        var start = 0
        for _ in 0..<max(count, 0) {
            guard let end = bytes[start...].firstIndex(of: newline) else { return [] }
            start = end + 1
        }
        return bytes[start...]
    }

    private static func begins(_ line: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        guard line.count >= text.utf8CodeUnitCount else { return false }
        return UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount).elementsEqual(
            line.prefix(text.utf8CodeUnitCount))
    }
}
