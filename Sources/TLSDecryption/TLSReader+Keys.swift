import WireFormat

/// Which keys may open the next record: of the key logs' secrets, or after a KeyUpdate.
extension TLSReader {
    /// The keys that may come next in a direction.
    func candidates(_ direction: Direction) -> [RecordProtection] {
        guard let clientRandom, let client else { return [] }
        let index = direction.index
        guard let version = facts.version, version < .tls13 else {
            // Loops, since closures copy keys, one of which nearly each record of a handshake needs.
            var candidates: [RecordProtection] = []
            for epoch in epochs(index, isClient: direction == client) {
                for secret in knownSecrets(Self.label(epoch, isClient: direction == client)) {
                    for suite in suites(secret) {
                        guard let cipher = suite.cipher else { continue }
                        candidates.append(RecordProtection(TrafficSecret(secret, suite.hash), cipher, epoch))
                    }
                }
            }
            return candidates
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
        guard let agreement else { return secrets.secrets(label, of: clientRandom, at: bench.packet) }
        let age = secrets.mayGrow ? secrets.age(at: bench.packet) : 0
        if let lines = agreement.lines, agreement.ageOfLines == age { return SecretStore.secrets(label, in: lines) }
        let lines = secrets.lines(of: clientRandom, at: bench.packet)
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
        guard let secrets, let clientRandom, client != nil else { return false }
        guard let version = facts.version else { return secrets.has(clientRandom, at: bench.packet) }
        if version < .tls13 { return !knownSecrets(.master).isEmpty }
        return hasSecret(.handshake, direction) || hasSecret(.application, direction)
    }

    /// Whether there are secrets for a part of a connection with TLS 1.3, right or wrong.
    func hasSecret(_ epoch: RecordProtection.Epoch, _ direction: Direction) -> Bool {
        !knownSecrets(Self.label(epoch, isClient: direction == client)).isEmpty
    }

    /// Whether no secret of a direction is missing: key logs may be written line by line.
    func hasAllSecrets(_ direction: Direction) -> Bool {
        guard clientRandom != nil, client != nil else { return false }
        guard let version = facts.version, version >= .tls13 else { return hasSecrets(direction) }
        return hasSecret(.handshake, direction) && hasSecret(.application, direction)
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
}
