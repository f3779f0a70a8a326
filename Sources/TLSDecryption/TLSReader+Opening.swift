import WireFormat

/// How records are decrypted.
extension TLSReader {
    /// Decrypts a record and passes on its contents.
    mutating func decrypt(
        _ header: RecordHeader, _ payload: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput
    ) {
        let index = place.direction.index
        let start = output.bytes.count
        guard let type = open(header, payload, place.direction, into: &output.bytes) else {
            return fail(header, payload, at: place, into: &output)
        }
        sides[index].trust()
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
        _ header: RecordHeader, _ payload: Span<UInt8>, _ direction: Direction, into output: inout [UInt8]
    ) -> ContentType? {
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
            var found = locate(header, payload, direction, lost: isUnknown ? nil : 0),
            let type = found.open(header, payload, bench, into: &output)
        else { return nil }
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

    /// The keys that may come next in a direction.
    func candidates(_ direction: Direction) -> [RecordProtection] {
        guard let clientRandom, let client else { return [] }
        let index = direction.index
        guard let version = facts.version, version < .tls13 else {
            return epochs(index, isClient: direction == client).flatMap { epoch in
                knownSecrets(Self.label(epoch, isClient: direction == client)).flatMap { secret in
                    suites(secret).compactMap { suite in
                        suite.cipher.map { RecordProtection(TrafficSecret(secret, suite.hash), $0, epoch) }
                    }
                }
            }
        }
        guard sides[index].protection == nil, let suite = facts.suite, let cipher,
            let serverRandom = agreement?.serverRandom
        else { return [] }
        return knownSecrets(.master).map { secret in
            let keys = MasterSecret(secret, version, suite)
                .keys(cipher, clientRandom: clientRandom, serverRandom: serverRandom, version)
            return RecordProtection(
                direction == client ? keys.client : keys.server, cipher, version,
                encryptsThenAuthenticates: encryptsThenAuthenticates)
        }
    }

    /// The secrets of the connection.
    ///
    /// Their lines are read once, and again when others have come: a handshake asks for them several times.
    func knownSecrets(_ label: SecretLabel) -> [KeyBytes] {
        guard let secrets, let clientRandom else { return [] }
        guard let agreement else { return secrets.secrets(label, of: clientRandom, at: packet) }
        let age = secrets.mayGrow ? secrets.age(at: packet) : 0
        if let lines = agreement.lines, agreement.ageOfLines == age { return SecretStore.secrets(label, in: lines) }
        let lines = secrets.lines(of: clientRandom, at: packet)
        (agreement.lines, agreement.ageOfLines) = (lines, age)
        return SecretStore.secrets(label, in: lines)
    }

    /// The parts of the connection whose keys may come next.
    private func epochs(_ index: Int, isClient: Bool) -> [RecordProtection.Epoch] {
        var epochs: [RecordProtection.Epoch] = [.handshake, .application]
        if isClient, earlyData == .accepted { epochs.insert(.early, at: 0) }
        if let expected = sides[index].expected { return epochs.filter { $0 >= expected } }
        guard let current = sides[index].protection?.epoch else { return epochs }
        return epochs.filter { $0 > current }
    }

    /// The suites that a secret may belong to.
    func suites(_ secret: KeyBytes) -> [CipherSuite] {
        (facts.suite.map { [$0] } ?? CipherSuite.allOfTLS13).filter { $0.hash.digestSize == secret.count }
    }

    static func label(_ epoch: RecordProtection.Epoch, isClient: Bool) -> SecretLabel {
        switch epoch {
        case .early: .clientEarly
        case .handshake: isClient ? .clientHandshake : .serverHandshake
        case .application: isClient ? .clientApplication : .serverApplication
        }
    }

    /// Whether there are secrets of a direction, right or wrong.
    func hasSecrets(_ direction: Direction) -> Bool {
        guard let secrets, let clientRandom, let client else { return false }
        func has(_ label: SecretLabel) -> Bool {
            !knownSecrets(label).isEmpty
        }
        guard let version = facts.version else { return secrets.has(clientRandom, at: packet) }
        if version < .tls13 { return has(.master) }
        return [.handshake, .application].contains { has(Self.label($0, isClient: direction == client)) }
    }

    /// Whether no secret of a direction is missing: key logs may be written line by line.
    func hasAllSecrets(_ direction: Direction) -> Bool {
        guard clientRandom != nil, let client else { return false }
        guard let version = facts.version, version >= .tls13 else { return hasSecrets(direction) }
        return [.handshake, .application].allSatisfy { epoch in
            !knownSecrets(Self.label(epoch, isClient: direction == client)).isEmpty
        }
    }

    // MARK: KeyUpdate

    /// The keys that follow the current ones of a direction (RFC 8446 4.6.3); nil in TLS 1.2.
    func keysAfterUpdate(_ direction: Direction) -> RecordProtection? {
        guard let current = sides[direction.index].protection, let secret = secret(of: current, direction) else {
            return nil
        }
        return current.next(after: secret)
    }

    /// The secret that keys were derived from: kept with them after an update, otherwise one of the key log.
    func secret(of keys: RecordProtection, _ direction: Direction) -> TrafficSecret? {
        if let secret = keys.secret { return secret }
        guard keys.version >= .tls13, let client else { return nil }
        for secret in knownSecrets(Self.label(keys.epoch, isClient: direction == client)) {
            for suite in suites(secret) {
                let secret = TrafficSecret(secret, suite.hash)
                if keys.follows(from: secret) { return secret }
            }
        }
        return nil
    }

    // MARK: Failures

    /// Follows up on a record that no key opens.
    private mutating func fail(
        _ header: RecordHeader, _ payload: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput
    ) {
        let index = place.direction.index
        guard sides[index].protection != nil else {
            return failFirst(header, at: place, into: &output)
        }
        if sides[index].expected == .application, candidates(place.direction).isEmpty {
            return giveUp(place.direction, missing)
        }
        let lacksVector = sides[index].protection?.lacksVector == true
        sides[index].protection?.pass(payload)
        sides[index].protection?.sequence &+= 1
        sides[index].raiseDoubt()
        addGap(header, at: place)
        if !lacksVector { recordBadRecord(at: place, into: &output) }
    }

    /// Reports a record that is not genuine, within reason.
    mutating func recordBadRecord(at place: RecordPlace, into output: inout TLSOutput) {
        let index = place.direction.index
        guard Int(sides[index].badRecords) < Self.badRecordLimit else { return }
        sides[index].badRecords &+= 1
        output.append(.problem(.badRecord), at: place)
    }

    /// Follows up on a record that no key opens, in a direction in which none has been opened yet.
    private mutating func failFirst(_ header: RecordHeader, at place: RecordPlace, into output: inout TLSOutput) {
        let index = place.direction.index
        if clientRandom == nil {
            return seekMidstream(header, at: place, into: &output)
        }
        guard hasSecrets(place.direction) else {
            if sides[index].hasPlaintext { output.append(.gap(nil), at: place) }
            return giveUp(place.direction, missing)
        }
        sides[index].failures &+= 1
        let candidates = candidates(place.direction)
        let isEarly = place.direction == client && earlyData != .none
        if isEarly {
            if earlyData == .accepted { addGap(header, at: place) }
        } else if !beginsMidstream, !sides[0].hasWrongSecret, !sides[1].hasWrongSecret,
            !candidates.allSatisfy({ $0.epoch == .application })
                || facts.version.map({ $0 < .tls13 }) == true
        {
            // Once a connection: mostly both directions' secrets are those of another one.
            sides[index].hasWrongSecret = true
            output.append(.problem(.wrongSecret), at: place)
        }
        sides[index].raiseDoubt()
        let limit = min(Self.failureLimit, Self.failedTrialLimit / max(1, candidates.count))
        if Int(sides[index].failures) > limit { giveUp(place.direction, .wrongSecret) }
    }

    /// How many records may fail before a direction's secrets count as wrong, such as early data.
    private static let failureLimit = 256
    /// How many keys may fail on these records: a client can have many secrets for one random.
    private static let failedTrialLimit = 1024
    /// The most findings on records of one direction.
    private static let badRecordLimit = 16
}
