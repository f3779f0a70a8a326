import WireFormat

/// How streams become records.
extension TLSReader {
    /// Reads bytes of a stream.
    mutating func read(_ bytes: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput) {
        let index = place.direction.index
        var offset = 0
        while offset < bytes.count {
            guard sides[index].obstacle == nil else { return }
            if let search = sides[index].search {
                var rest = place
                rest.carrier = place.part(offset..<bytes.count, outOf: bytes.count)
                search.append(bytes.extracting(offset...), at: rest)
                return goOnSearching(search, rest, into: &output)
            }
            if sides[index].partial == nil, bytes.count &- offset >= RecordHeader.size {
                let rest = bytes.extracting(offset...)
                guard let header = RecordHeader(rest) else {
                    loseFraming(of: place, at: offset, outOf: bytes.count, lost: 0)
                    continue
                }
                let size = RecordHeader.size &+ header.length
                if rest.count >= size {
                    var own = place
                    own.carrier = place.part(offset..<(offset &+ size), outOf: bytes.count)
                    offset &+= size
                    take(header, rest.extracting(RecordHeader.size..<size), at: own, into: &output)
                    continue
                }
            }
            offset &+= gather(bytes, from: offset, at: place, into: &output)
        }
    }

    /// Takes bytes of an incomplete record, and reads it when it is complete.
    ///
    /// - Returns: How many.
    private mutating func gather(
        _ bytes: Span<UInt8>, from offset: Int, at place: RecordPlace, into output: inout TLSOutput
    ) -> Int {
        let index = place.direction.index
        let partial =
            sides[index].partial
            ?? bench.partials.take(at: place.part(offset..<(offset &+ 1), outOf: bytes.count).lowerBound)
        sides[index].partial = partial
        let count = partial.take(bytes.extracting(offset...))
        let end = offset &+ count
        if partial.missing == 0 {
            finish(partial, at: place, before: end, outOf: bytes.count, into: &output)
        } else if partial.bytes.count == RecordHeader.size, partial.header == nil {
            // Fewer bytes than a record needs, unless the header is what was missing.
            loseFraming(of: place, at: end, outOf: bytes.count, lost: UInt64(RecordHeader.size))
        }
        return count
    }

    /// Drops the current record.
    mutating func removeRecord(_ index: Int) {
        guard let partial = sides[index].partial else { return }
        sides[index].partial = nil
        bench.partials.giveBack(partial)
    }

    /// Takes a record that was put together.
    private mutating func finish(
        _ partial: PartialRecord, at place: RecordPlace, before end: Int, outOf count: Int,
        into output: inout TLSOutput
    ) {
        let index = place.direction.index
        let isLost = partial.lostCount > 0
        guard let header = partial.header else {
            return loseFraming(of: place, at: end, outOf: count, lost: UInt64(RecordHeader.size))
        }
        var own = place
        let last = place.part(max(0, end &- 1)..<end, outOf: count)
        own.carrier = min(partial.start, last.upperBound)..<last.upperBound
        // Nobody else may use it meanwhile.
        sides[index].partial = nil
        if isLost {
            lose(header, at: own, into: &output)
        } else {
            var record: [UInt8] = []
            swap(&record, &partial.bytes)
            take(header, record.span.extracting(droppingFirst: RecordHeader.size), at: own, into: &output)
            swap(&record, &partial.bytes)
        }
        bench.partials.giveBack(partial)
    }

    /// Begins to search, since where records begin is not known any more.
    private mutating func loseFraming(of place: RecordPlace, at offset: Int, outOf count: Int, lost: UInt64) {
        let index = place.direction.index
        removeRecord(index)
        guard sides[index].protection != nil || clientRandom != nil || facts.version != nil || beginsMidstream else {
            return giveUpBoth(.incomplete)
        }
        sides[index].search = RecordSearch(lost: lost)
    }

    /// Takes a record.
    mutating func take(
        _ header: RecordHeader, _ payload: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput
    ) {
        guard sides[place.direction.index].obstacle == nil else { return }
        if mustWait(header, place) {
            wait(header, payload, at: place, into: &output)
            return
        }
        dispatch(header, payload, at: place, into: &output)
    }

    /// Reads a record that need not wait.
    mutating func dispatch(
        _ header: RecordHeader, _ payload: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput
    ) {
        let index = place.direction.index
        guard sides[index].obstacle == nil else { return }
        if isProtected(header, place.direction) {
            decrypt(header, payload, at: place, into: &output)
            return
        }
        if header.type != .changeCipherSpec, hasChangedKeys(place.direction) {
            // Nobody may send it in the clear any more, so its receiver does not take it for what it says (RFC 8446 5).
            return recordBadRecord(at: place, into: &output)
        }
        switch header.type {
        case .changeCipherSpec:
            // In TLS 1.3 it means nothing (RFC 8446 5).
            if let version = facts.version, version < .tls13 { sides[index].isProtected = true }
        case .alert: readAlert(payload, at: place, into: &output)
        case .handshake: readMessages(payload, at: place, into: &output)
        case .applicationData:
            // Nothing is sent in the clear: its keys have not been agreed on, or the hellos are not in the capture.
            if !beginsMidstream { clientRandom == nil ? giveUpBoth(.incomplete) : giveUp(place.direction, .incomplete) }
        }
    }

    /// Whether a record is encrypted.
    func isProtected(_ header: RecordHeader, _ direction: Direction) -> Bool {
        if sides[direction.index].isProtected { return true }
        guard header.type == .applicationData else { return false }
        return facts.version.map { $0 >= .tls13 } ?? true
    }

    /// Whether a direction of TLS 1.3 has encrypted its handshake, or more: it sends no hello any more, and nothing in
    /// the clear.
    func hasChangedKeys(_ direction: Direction) -> Bool {
        guard isTLS13, let epoch = sides[direction.index].protection?.epoch else { return false }
        return epoch > .early
    }

    /// Reads an alert (RFC 8446 6).
    mutating func readAlert(_ bytes: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput) {
        guard bytes.count == 2 else { return }
        let alert = TLSAlert(isFatal: bytes[0] == 2, code: bytes[1])
        if alert.isFatal, facts.fatalAlert == nil { facts.fatalAlert = (alert, place.direction) }
        flushGap(place.direction, into: &output)
        output.append(.alert(alert), at: place)
    }
}
