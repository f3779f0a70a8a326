import WireFormat

/// How reading goes on after lost bytes.
extension TLSReader {
    /// Goes on after bytes that are lost.
    mutating func lose(_ length: UInt64?, at place: RecordPlace, into output: inout TLSOutput) {
        let index = place.direction.index
        guard sides[index].obstacle == nil else { return }
        if let search = sides[index].search { return search.skip(length) }
        var begun: UInt64 = 0
        if let partial = sides[index].partial {
            begun = UInt64(partial.bytes.count &+ partial.lostCount)
            if partial.bytes.count >= RecordHeader.size, let length, length <= UInt64(partial.missing) {
                partial.lostCount &+= Int(length)
                guard partial.missing == 0, let header = partial.header else { return }
                var own = place
                own.carrier = min(partial.start, place.carrier.upperBound)..<place.carrier.upperBound
                removeRecord(index)
                return lose(header, at: own, into: &output)
            }
            removeRecord(index)
        }
        let rare = sides[index].needRare()
        rare.messages.isBroken = true
        rare.search = RecordSearch(lost: length.map { $0 &+ begun })
    }

    /// Goes on after a record that lacks bytes, but whose end is known.
    mutating func lose(_ header: RecordHeader, at place: RecordPlace, into output: inout TLSOutput) {
        let index = place.direction.index
        if isProtected(header, place.direction) {
            addGap(header, at: place)
            sides[index].protection?.countLost()
            sides[index].raiseDoubt()
            return
        }
        switch header.type {
        case .handshake: sides[index].needRare().messages.isBroken = true
        case .changeCipherSpec: if let version = facts.version, version < .tls13 { sides[index].isProtected = true }
        case .alert, .applicationData: break
        }
    }

    /// Notes that the plaintext of a record is lost.
    mutating func addGap(_ header: RecordHeader, at place: RecordPlace) {
        let index = place.direction.index
        if sides[index].protection?.epoch == .handshake, sides[index].expected == nil { return }
        // TLS 1.3 hides what records hold; before data, the server sends tickets.
        let isData =
            isTLS13 ? place.direction == client || sides[index].hasPlaintext : header.type == .applicationData
        guard isTLS13 || isData else { return }
        let overhead = sides[index].protection?.overhead ?? (isTLS13 ? cipher.map { $0.tagSize &+ 1 } : nil)
        let length = isData ? overhead.flatMap { UInt64(exactly: header.length &- $0) } : nil
        add(PendingGap(length: length, records: 1, place: place))
    }

    mutating func add(_ gap: PendingGap) {
        let index = gap.place.direction.index
        guard var pending = sides[index].pendingGap else {
            sides[index].pendingGap = gap
            return
        }
        pending.length = pending.length.flatMap { one in gap.length.map { one &+ $0 } }
        pending.records &+= gap.records
        pending.place.origin = gap.place.origin
        let start = min(pending.place.carrier.lowerBound, gap.place.carrier.upperBound)
        pending.place.carrier = start..<gap.place.carrier.upperBound
        sides[index].pendingGap = pending
    }

    /// Hands on what is known to be lost.
    mutating func flushGap(_ direction: Direction, into output: inout TLSOutput) {
        guard let gap = sides[direction.index].pendingGap else { return }
        sides[direction.index].pendingGap = nil
        if gap.length != 0 { output.append(.gap(gap.length), at: gap.place) }
    }

    // MARK: The search for records

    /// Tries what may be a record, now that there are more bytes.
    mutating func goOnSearching(_ search: RecordSearch, _ place: RecordPlace, into output: inout TLSOutput) {
        let index = place.direction.index
        while let (start, header) = search.next() {
            let lost = search.lost.map { $0 &+ UInt64(start) }
            let payload = search.payload(at: start, header)
            let preceding = search.preceding(start)
            guard
                let found = locate(header, payload.span, place.direction, lost: lost, after: preceding)
            else { continue }
            recordLoss(lost, found, at: place)
            adopt(found, place.direction)
            sides[index].rare?.search = nil
            sides[index].rare?.messages = MessageCollector()
            for part in search.rest(from: start) { read(part.bytes.span, at: part.place, into: &output) }
            return
        }
        guard search.dropped &+ search.bytes.count > RecordSearch.patience || !mayTry else { return }
        flushGap(place.direction, into: &output)
        if sides[index].hasPlaintext {
            output.append(.gap(nil), at: place)
            output.append(.problem(.lost), at: place)
        }
        giveUp(place.direction, sides[index].protection == nil ? obstacleAfterLoss : .incomplete)
    }

    /// Says that no record was found, if one would have been complete in what was searched.
    mutating func endSearch(_ direction: Direction, into output: inout TLSOutput) {
        guard sides[direction.index].obstacle == nil, sides[direction.index].hasPlaintext,
            let search = sides[direction.index].search, let place = search.parts.last?.place,
            search.dropped &+ search.bytes.count > RecordHeader.longest &+ RecordHeader.size
        else { return }
        output.append(.gap(nil), at: place)
        output.append(.problem(.lost), at: place)
    }

    private var obstacleAfterLoss: TLSFacts.Obstacle {
        secrets == nil || secrets?.isEmpty == true ? .noKeyLog : .noHandshake
    }

    /// The keys and the number of a record after losses; nil if it is none of this direction, or beyond the bounds.
    ///
    /// - Parameters:
    ///   - header: The record's header.
    ///   - payload: What follows it.
    ///   - direction: Who sent it.
    ///   - lost: The bytes lost before it; nil if not known.
    ///   - preceding: The last bytes before it, if there are any.
    /// - Returns: The keys, whose next record it is.
    mutating func locate(
        _ header: RecordHeader, _ payload: Span<UInt8>, _ direction: Direction, lost: UInt64?,
        after preceding: [UInt8]? = nil
    ) -> RecordProtection? {
        guard mayTry else { return nil }
        let index = direction.index
        if var current = sides[index].protection, sides[index].expected == nil {
            if let preceding, current.isChained { current.chain(to: preceding.span) }
            let least = current.sequence &- min(current.sequence, UInt64(sides[index].doubt))
            if let found = locate(header, payload, current, from: least, lost) { return found }
            if current.epoch == .application, current.version >= .tls13 {
                for keys in keysAfterUpdates(current, direction) {
                    guard let found = locate(header, payload, keys, from: 0, lost) else { continue }
                    if let gap = sides[index].pendingGap {
                        // One of the lost records was the KeyUpdate.
                        sides[index].pendingGap?.length = gap.records == 1 && gap.length == 5 ? 0 : nil
                    }
                    return found
                }
            }
        }
        let known = preceding ?? []
        for var candidate in candidates(direction) {
            if candidate.isChained { candidate.chain(to: known.span) }
            // As many records with these keys may have been lost as are in doubt.
            candidate.sequence = UInt64(sides[index].doubt)
            if let found = locate(header, payload, candidate, from: 0, lost) { return found }
        }
        return clientRandom == nil ? locateMidstream(header, payload, direction) : nil
    }

    /// The keys after KeyUpdates that may be lost.
    ///
    /// They are kept until a record is found, since deriving them takes several times as long as trying them.
    private mutating func keysAfterUpdates(_ current: RecordProtection, _ direction: Direction) -> [RecordProtection] {
        let rare = sides[direction.index].needRare()
        if let known = rare.updates, known.after == current.keyBytes { return known.keys }
        var keys: [RecordProtection] = []
        var last = secret(of: current, direction)
        while keys.count < Self.generations, let secret = last {
            let next = current.next(after: secret)
            keys.append(next)
            last = next.secret
        }
        // A key log that is being written anew may lack the secret for now.
        if !keys.isEmpty { rare.updates = (current.keyBytes, keys) }
        return keys
    }

    /// The same for certain keys.
    private mutating func locate(
        _ header: RecordHeader, _ payload: Span<UInt8>, _ keys: RecordProtection, from least: UInt64, _ lost: UInt64?
    ) -> RecordProtection? {
        var keys = keys
        spendTrial(payload)
        if keys.version >= .tls13, keys.cipher.mode == .gcm {
            guard let sequence = keys.sequence(of: header, payload, bench), sequence >= least else { return nil }
            return opens(header, payload, &keys, sequence) ? keys : nil
        }
        if let counterDistance = keys.counterDistance, let counter = RecordProtection.explicitCounter(payload) {
            if opens(header, payload, &keys, counter &- counterDistance) { return keys }
        }
        let smallest = UInt64(RecordHeader.size &+ (keys.overhead ?? 2 * RecordCipher.blockSize) &+ 1)
        let count = min(lost.map { $0 / smallest } ?? Self.trials, Self.trials)
        var sequence = least
        while sequence <= max(keys.sequence, least) &+ count {
            guard mayTry else { return nil }
            if opens(header, payload, &keys, sequence) { return keys }
            spendTrial(payload)
            sequence &+= 1
        }
        return nil
    }

    /// Whether there is room for further trials, on this connection and on all of the shard.
    private var mayTry: Bool { trialBudget >= 0 && bench.trials.bytes >= 0 }

    /// Counts a trial: each costs something, however short the record.
    private mutating func spendTrial(_ payload: Span<UInt8>, times: Int = 1) {
        // A record has less than 2^15 bytes, and the budget is looked at before each.
        let cost = (payload.count &+ Self.trialOverhead) &* times
        trialBudget &-= Int32(clamping: cost)
        bench.trials.bytes &-= cost
    }

    private mutating func opens(
        _ header: RecordHeader, _ payload: Span<UInt8>, _ keys: inout RecordProtection, _ sequence: UInt64
    ) -> Bool {
        // A copy: opening a record moves the vector of TLS 1.0 on.
        var trial = keys
        trial.sequence = sequence
        var scratch: [UInt8] = []
        let isGenuine = trial.open(header, payload, bench, into: &scratch) != nil
        keys.keepClaim(of: trial)
        guard isGenuine else { return false }
        keys.sequence = sequence
        // What finds a record is no waste: with AES-GCM, a connection may lose bytes as often as it likes.
        spendTrial(payload, times: -1)
        return true
    }

    /// How many lost records are allowed for if their number must be tried.
    static let trials: UInt64 = 4096
    /// What a trial costs beside the decryption of its bytes, in bytes that could be decrypted meanwhile.
    private static let trialOverhead = 1024
    /// How many KeyUpdates may be lost in one gap.
    private static let generations = 4
}
