import WireFormat

/// How records are decrypted.
extension TLSReader {
    /// Decrypts a record and passes on its contents.
    mutating func decrypt(
        _ header: RecordHeader, _ payload: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput
    ) {
        let index = place.direction.index
        let start = output.bytes.count
        guard let type = open(header, payload, at: place, into: &output.bytes) else {
            return fail(header, payload, at: place, into: &output)
        }
        if let unopened = sides[index].rare?.unopened, !unopened.isEmpty {
            // The secrets are right, so these were not genuine.
            for place in unopened { recordBadRecord(at: place, into: &output) }
            sides[index].rare?.unopened = []
            sides[index].rare?.preceding = nil
        }
        sides[index].trust()
        if sides[index].protection?.hasWithheld == true {
            sides[index].protection?.hasWithheld = false
            addGap(header, at: place)
        }
        hand(on: type, from: start, at: place, into: &output)
    }

    /// Passes on the contents of a record, which are the last bytes of the output.
    private mutating func hand(
        on type: ContentType, from start: Int, at place: RecordPlace, into output: inout TLSOutput
    ) {
        let index = place.direction.index
        guard type != .applicationData else {
            guard output.bytes.count > start else { return }
            if sides[index].rare != nil {
                flushGap(place.direction, into: &output)
                sides[index].dropRare()
            }
            sides[index].hasPlaintext = true
            let opposite = place.direction.opposite
            if opposite == client, sides[opposite.index].isDoubted { sides[opposite.index].isAnswered = true }
            return output.append(.plaintext(start..<output.bytes.count), at: place)
        }
        let content = Array(output.bytes[start...])
        output.bytes.removeLast(content.count)
        switch type {
        case .alert: readAlert(content.span, at: place, into: &output)
        case .handshake: readMessages(content.span, at: place, into: &output)
        case .applicationData, .changeCipherSpec: break
        }
    }

    /// Decrypts a record with the keys of its direction, or with those that may come next.
    private mutating func open(
        _ header: RecordHeader, _ payload: Span<UInt8>, at place: RecordPlace, into output: inout [UInt8]
    ) -> ContentType? {
        let direction = place.direction
        let index = direction.index
        if sides[index].expected == nil, sides[index].protection != nil {
            if let type = sides[index].protection?.open(header, payload, bench, into: &output) {
                sides[index].protection?.sequence &+= 1
                sides[index].protection?.learnCounter(payload)
                return type
            }
            // The record that would change the keys may be one that was not read.
        }
        for var candidate in candidates(direction) {
            guard let type = candidate.open(header, payload, bench, into: &output) else {
                bench.release(candidate.claim)
                continue
            }
            candidate.sequence &+= 1
            candidate.learnCounter(payload)
            adopt(candidate, direction)
            return type
        }
        let isUnknown = (beginsMidstream || clientRandom == nil) && sides[index].protection == nil
        guard isUnknown || sides[index].doubt > 0,
            var found = locate(
                header, payload, direction, lost: isUnknown ? nil : 0,
                after: sides[index].protection == nil ? sides[index].rare?.preceding : nil),
            let type = found.open(header, payload, bench, into: &output)
        else { return nil }
        addGap(before: found, at: place)
        found.sequence &+= 1
        adopt(found, direction)
        return type
    }

    /// Continues a direction with keys that have opened a record.
    mutating func adopt(_ protection: RecordProtection, _ direction: Direction) {
        let index = direction.index
        if sides[index].protection?.epoch == nil || sides[index].protection?.epoch == .early,
            protection.epoch == .handshake, let gap = sides[index].pendingGap?.length
        {
            // The last record of early data is EndOfEarlyData.
            sides[index].pendingGap?.length = gap >= 4 ? gap &- 4 : nil
        }
        replaceKeys(index, with: protection)
        sides[index].expected = nil
        sides[index].isProtected = sides[index].isProtected || protection.version < .tls13
        let opposite = direction.opposite.index
        if agreement?.waiting == nil, protection.epoch == .application,
            sides[opposite].protection?.epoch == .application
        {
            agreement = nil
            facts.offeredProtocols = []
        }
    }

    /// Replaces the keys of a direction, or moves them to another record number.
    mutating func replaceKeys(_ index: Int, with protection: RecordProtection) {
        if let old = sides[index].protection?.claim, old != protection.claim { bench.release(old) }
        sides[index].protection = protection
    }

    /// Follows up on a record that no key opens.
    private mutating func fail(
        _ header: RecordHeader, _ payload: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput
    ) {
        let index = place.direction.index
        guard sides[index].protection != nil else {
            return failFirst(header, payload, at: place, into: &output)
        }
        if sides[index].expected == .application, candidates(place.direction).isEmpty {
            return giveUpAlone(missing, at: place, into: &output)
        }
        if sides[index].expected == .handshake, !hasSecret(.handshake, place.direction) {
            // It is Finished: early data is over, and the handshake's secret is not needed for what follows.
            return
        }
        if sides[index].expected == .application {
            return failApplication(header, at: place, into: &output)
        }
        let mayBeGenuine = sides[index].protection?.mayRefuseGenuine == true
        sides[index].protection?.passDamaged(payload)
        sides[index].protection?.sequence &+= 1
        sides[index].raiseDoubt()
        addGap(header, at: place)
        if !mayBeGenuine { recordBadRecord(at: place, into: &output) }
    }

    /// Reports a record that is not genuine, within reason.
    mutating func recordBadRecord(at place: RecordPlace, into output: inout TLSOutput) {
        let index = place.direction.index
        guard Int(sides[index].badRecords) < Self.badRecordLimit else { return }
        sides[index].badRecords &+= 1
        output.append(.problem(.badRecord), at: place)
    }

    /// Follows up on a record that no key opens, in a direction in which none has been opened yet.
    private mutating func failFirst(
        _ header: RecordHeader, _ payload: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput
    ) {
        let index = place.direction.index
        if clientRandom == nil {
            return seekMidstream(header, at: place, into: &output)
        }
        guard hasSecrets(place.direction) else { return giveUpAlone(missing, at: place, into: &output) }
        sides[index].failures &+= 1
        let candidates = candidates(place.direction)
        let isEarly = place.direction == client && earlyData != .none
        if isEarly {
            if earlyData == .accepted { addGap(header, at: place) }
        } else if !beginsMidstream,
            !candidates.allSatisfy({ $0.epoch == .application })
                || facts.version.map({ $0 < .tls13 }) == true
        {
            noteUnopened(place)
            if facts.version.map({ $0 < .tls11 }) == true {
                sides[index].needRare().preceding = Array(copying: payload.extracting(last: 64))
            }
        }
        sides[index].raiseDoubt()
        let limit = min(Self.failureLimit, Self.failedTrialLimit / max(1, candidates.count))
        if Int(sides[index].failures) > limit { blameSecrets(of: place.direction, into: &output) }
    }

    /// Follows up on a record that no secret of the application opens, though the handshake's was right: later ones
    /// tell whether it is not genuine.
    private mutating func failApplication(
        _ header: RecordHeader, at place: RecordPlace, into output: inout TLSOutput
    ) {
        let index = place.direction.index
        sides[index].isDoubted = sides[index].failures == 0
        sides[index].failures &+= 1
        sides[index].raiseDoubt()
        addGap(header, at: place)
        noteUnopened(place)
        if Int(sides[index].failures) > Self.failureLimit { blameSecrets(of: place.direction, into: &output) }
    }

    /// Keeps the place of a record that no secret has opened: its finding depends on whether a later one is opened.
    private mutating func noteUnopened(_ place: RecordPlace) {
        let rare = sides[place.direction.index].needRare()
        if rare.unopened.count < Self.badRecordLimit { rare.unopened.append(place) }
    }

    /// Stops decrypting a direction at its end if no secret of the application has opened a record.
    mutating func endDoubt(_ direction: Direction, into output: inout TLSOutput) {
        let index = direction.index
        guard sides[index].obstacle == nil, sides[index].expected == .application, sides[index].failures > 0 else {
            return
        }
        // Nothing of the direction can be read: that is no gap in it.
        if !sides[index].hasPlaintext { sides[index].pendingGap = nil }
        blameSecrets(of: direction, into: &output)
    }

    /// Stops decrypting a direction, since its secrets have opened none of its records.
    ///
    /// It is reported only now, as nothing can prove them right any more, and once per connection.
    mutating func blameSecrets(of direction: Direction, into output: inout TLSOutput) {
        let index = direction.index
        if let place = sides[index].rare?.unopened.first, !sides[0].hasWrongSecret, !sides[1].hasWrongSecret {
            sides[index].hasWrongSecret = true
            output.append(.problem(.wrongSecret), at: place)
        }
        giveUp(direction, .wrongSecret)
    }

    /// Stops decrypting a direction, since its secret is missing; the other one may have its own.
    private mutating func giveUpAlone(
        _ obstacle: TLSFacts.Obstacle, at place: RecordPlace, into output: inout TLSOutput
    ) {
        if sides[place.direction.index].hasPlaintext { output.append(.gap(nil), at: place) }
        if hasDecrypted(place.direction.opposite) { output.append(.problem(.noSecret), at: place) }
        giveUp(place.direction, obstacle)
    }

    /// How many records may fail before a direction's secrets count as wrong, such as early data.
    private static let failureLimit = 256
    /// How many keys may fail on these records: a client can have many secrets for one random.
    private static let failedTrialLimit = 1024
    /// The most findings on records of one direction.
    private static let badRecordLimit = 16
}
