import WireFormat

/// A session that has ended, and how much of its entry has been printed.
struct PrintedSession: ~Copyable {
    /// The parts of an entry, in order.
    enum Part {
        case messages, controls, closing
    }

    let session: HARSession
    /// What follows the control frames.
    let closing: OutputBuffer
    var part = Part.messages
    /// The next chunk of the part; nil if only the records in memory are left.
    var next: SpooledRecords.Chunk?
    /// Whether the records in memory have been printed.
    var isTailPrinted = false
    /// How many records of the part have been printed.
    var count: UInt64 = 0
    /// Orders the part's records, if that is necessary.
    var window: RecordWindow?
    /// How many records of the part the window has seen.
    var seen: UInt64 = 0
    /// What is left in the spool of a record that is printed piece by piece.
    var rest: Range<UInt64>?

    /// Whether nothing of the part has been printed.
    var isNew = true

    init(_ session: HARSession, closing: consuming OutputBuffer) {
        self.session = session
        self.closing = closing
    }

    /// Goes on to the next part.
    mutating func turn(to next: Part) {
        part = next
        isNew = true
        isTailPrinted = false
        count = 0
        window = nil
        seen = 0
    }
}

extension HARFormat where Storage: ~Copyable {
    /// Whether an entry is partly printed.
    package var hasMore: Bool {
        switch printed {
        case .some: true
        case nil: false
        }
    }

    /// Prints the next megabyte or so of an entry.
    package mutating func printMore() {
        print(upTo: Self.printedAtOnce)
    }

    /// Prints the rest of a partly printed entry.
    mutating func finishPrinting() {
        print(upTo: .max)
    }

    /// Prints more of a partly printed entry, until this much waits in ``output``.
    private mutating func print(upTo limit: Int) {
        guard var entry = printed.take() else { return }
        let session = entry.session
        while output.count < limit {
            if let rest = entry.rest {
                printPiece(of: &entry, rest)
                continue
            }
            switch entry.part {
            case .messages:
                if entry.isNew { begin(&entry, &session.messages) }
                guard !printNext(of: &entry, session.messages) else { continue }
                entry.turn(to: .controls)
            case .controls:
                if entry.isNew { begin(&entry, &session.controls) }
                guard !printNext(of: &entry, session.controls) else { continue }
                entry.turn(to: .closing)
            case .closing:
                output.append(contentsOf: entry.closing)
                // Nothing else refers to the spool.
                if sessions.isEmpty { spool.removeAll() }
                return
            }
        }
        printed = consume entry
    }

    private mutating func begin(_ entry: inout PrintedSession, _ records: inout SpooledRecords) {
        entry.isNew = false
        if !records.isOrdered {
            records.spill(to: &spool, keepsMemory: false)
            entry.window = RecordWindow()
        }
        entry.next = records.first
    }

    /// Prints the next chunk of records or, if their order must be determined, the next record; false if there is none.
    private mutating func printNext(of entry: inout PrintedSession, _ records: borrowing SpooledRecords) -> Bool {
        if entry.window != nil { return printNextInOrder(of: &entry) }
        if let place = entry.next {
            readChunk(at: place)
            entry.next = chunk.withBytes { RecordReader.link(of: $0) }
            if place.isLong {
                beginPieces(place.text, of: &entry)
                return true
            }
            Self.print(chunk, after: &entry.count, to: &output)
            return true
        }
        guard !entry.isTailPrinted else { return false }
        entry.isTailPrinted = true
        Self.print(records.tail, after: &entry.count, to: &output)
        return true
    }

    /// Prints some of a long record.
    private mutating func printPiece(of entry: inout PrintedSession, _ rest: Range<UInt64>) {
        let count = min(rest.count, 256 << 10)
        spool.read(count, at: rest.lowerBound, into: &output)
        entry.rest = count < rest.count ? rest.lowerBound &+ UInt64(count)..<rest.upperBound : nil
    }

    /// Begins to print a record from the spool; the second one of the part loses its comma.
    private func beginPieces(_ text: Range<UInt64>, of entry: inout PrintedSession) {
        entry.rest = text.dropFirst(entry.count == 1 ? 1 : 0)
        entry.count &+= 1
    }

    private mutating func printNextInOrder(of entry: inout PrintedSession) -> Bool {
        guard var window = entry.window.take() else { return false }
        while window.hasRoom, let place = entry.next {
            readChunk(at: place)
            entry.next = chunk.withBytes { bytes in
                if place.isLong {
                    window.insert(
                        .init(
                            key: RecordReader.firstKey(of: bytes), ordinal: entry.seen,
                            offset: place.text.lowerBound, length: place.text.count))
                    entry.seen &+= 1
                    return RecordReader.link(of: bytes)
                }
                var reader = RecordReader()
                while let record = reader.next(in: bytes) {
                    window.insert(
                        .init(
                            key: record.key, ordinal: entry.seen,
                            offset: place.offset &+ UInt64(record.text.lowerBound), length: record.text.count))
                    entry.seen &+= 1
                }
                return RecordReader.link(of: bytes)
            }
        }
        let first = window.removeFirst()
        entry.window = window
        guard let first else { return false }
        beginPieces(first.offset..<first.offset &+ UInt64(first.length), of: &entry)
        return true
    }

    private mutating func readChunk(at place: SpooledRecords.Chunk) {
        chunk.removeAll()
        spool.read(place.isLong ? SpooledRecords.headLength : place.length, at: place.offset, into: &chunk)
    }

    /// Prints the records of a chunk.
    ///
    /// The first record of a list is what precedes it, so the second loses its comma.
    private static func print(
        _ chunk: borrowing OutputBuffer, after count: inout UInt64, to output: inout OutputBuffer
    ) {
        chunk.withBytes { bytes in
            var reader = RecordReader()
            while let record = reader.next(in: bytes) {
                let text = bytes.extracting(record.text)
                output.append(count == 1 ? text.extracting(min(1, text.count)...) : text)
                count &+= 1
            }
        }
    }
}
