import WireFormat

/// How a session is found whose ClientHello is not in the capture.
extension TLSReader {
    /// Searches on, since what looked like a record is none that the key log opens.
    mutating func seekMidstream(_ header: RecordHeader, at place: RecordPlace, into output: inout TLSOutput) {
        let index = place.direction.index
        guard mayHaveSecrets else { return giveUpBoth(.noKeyLog) }
        sides[index].failures &+= 1
        guard Int(sides[index].failures) < Self.midstreamRecords else { return giveUp(place.direction, .noHandshake) }
    }

    /// Tries the secrets of all sessions: the number of a record in AES-GCM proves its key.
    mutating func locateMidstream(
        _ header: RecordHeader, _ payload: Span<UInt8>, _ direction: Direction
    ) -> RecordProtection? {
        guard bench.trials.secrets > 0 else { return nil }
        if facts.version != nil, let cipher, !isTLS13 || cipher.mode != .gcm {
            return locateAfterLostHello(header, payload, direction)
        }
        guard header.type == .applicationData else { return nil }
        for candidate in midstreamKeys {
            let sender = candidate.isOfClient ? direction : direction.opposite
            guard client ?? sender == sender, facts.suite ?? candidate.suite == candidate.suite,
                bench.trials.secrets > 0
            else { continue }
            bench.trials.secrets &-= 1
            guard let sequence = candidate.keys.sequence(of: header, payload, bench) else { continue }
            var keys = candidate.keys
            keys.sequence = sequence
            client = sender
            clientRandom = candidate.random
            facts.version = .tls13
            facts.suite = candidate.suite
            return keys
        }
        return nil
    }

    /// The keys to try: all connections of a shard share them until further secrets count.
    private var midstreamKeys: [MidstreamKey] {
        guard let secrets else { return [] }
        let age = secrets.mayGrow ? secrets.age(at: bench.packet) : 0
        if let known = bench.midstreamKeys, known.age == age { return known.keys }
        let lines = secrets.applicationSecrets(
            atMost: Self.midstreamSecrets, at: bench.packet, budget: &bench.trials.lines)
        let keys = lines.flatMap { line in
            Self.midstreamSuites.compactMap { suite, hash, cipher in
                hash.digestSize != line.secret.count
                    ? nil
                    : MidstreamKey(
                        random: line.random, isOfClient: line.label == .clientApplication, suite: suite,
                        keys: RecordProtection(TrafficSecret(line.secret, hash), cipher, .application))
            }
        }
        bench.midstreamKeys = (age, keys)
        return keys
    }

    /// The suites to try: a key of theirs finds a record's number by its tag (``RecordProtection/sequence(of:_:_:)``).
    private static let midstreamSuites = CipherSuite.allOfTLS13.compactMap { suite in
        suite.cipher.flatMap { $0.mode == .gcm ? (suite, suite.hash, $0) : nil }
    }

    /// How many records of a direction are tried.
    private static let midstreamRecords = 16
    /// How many secrets are tried on each.
    private static let midstreamSecrets = 1024
}

/// A key that may be that of a session whose hellos are not in the capture.
struct MidstreamKey {
    let random: Random
    /// Whether the client's records have it.
    let isOfClient: Bool
    let suite: CipherSuite
    /// At its first record.
    let keys: RecordProtection
}
