import WireFormat

/// How a session is found whose ServerHello is in the capture, and whose ClientHello is not.
extension TLSReader {
    /// Tries the secrets of all sessions on what may be the first record under a key: the ServerHello tells the suite.
    mutating func locateAfterLostHello(
        _ header: RecordHeader, _ payload: Span<UInt8>, _ direction: Direction
    ) -> RecordProtection? {
        guard sides[direction.index].failures < Self.recordsTried, !isKeyExchange(header, payload), let cipher else {
            return nil
        }
        let cost = isTLS13 ? Self.derivationCost : Self.oldDerivationCost
        for line in linesToTry {
            guard bench.trials.secrets > 0 else { return nil }
            for var keys in firstKeys(line, cipher, direction) {
                bench.trials.secrets &-= cost
                var scratch: [UInt8] = []
                let isGenuine = keys.open(header, payload, bench, into: &scratch) != nil
                bench.release(keys.claim)
                guard isGenuine else { continue }
                clientRandom = line.random
                // Opening it has moved the vector of TLS 1.0 on.
                return firstKeys(line, cipher, direction).first { $0.hasSameKeys(as: keys) }
            }
        }
        return nil
    }

    /// The keys that a direction begins with, or goes on with after its handshake, if a line is of the session.
    private func firstKeys(
        _ line: KeyLogLine, _ cipher: RecordCipher, _ direction: Direction
    ) -> [RecordProtection] {
        guard let client, let version = facts.version, let suite = facts.suite else { return [] }
        guard version >= .tls13 else {
            guard line.label == .master, let serverRandom = agreement?.serverRandom else { return [] }
            let keys = MasterSecret(line.secret, version, suite)
                .keys(cipher, clientRandom: line.random, serverRandom: serverRandom, version)
            return [
                RecordProtection(
                    direction == client ? keys.client : keys.server, cipher, version,
                    encryptsThenAuthenticates: encryptsThenAuthenticates)
            ]
        }
        guard suites(line.secret).contains(suite) else { return [] }
        return [RecordProtection.Epoch.handshake, .application]
            .filter { line.label == Self.label($0, isClient: direction == client) }
            .map { RecordProtection(TrafficSecret(line.secret, suite.hash), cipher, $0) }
    }

    /// The lines whose secrets are tried: all connections of a shard share them until further secrets count.
    private var linesToTry: [KeyLogLine] {
        guard let secrets else { return [] }
        let age = secrets.mayGrow ? secrets.age(at: bench.packet) : 0
        if let known = bench.latestLines, known.age == age { return known.lines }
        let lines = secrets.latestLines(atMost: Self.linesTried, at: bench.packet, budget: &bench.trials.lines) {
            $0 != .clientEarly
        }
        bench.latestLines = (age, lines)
        return lines
    }

    /// Whether a record is a message that comes before ChangeCipherSpec, in the clear, such as ClientKeyExchange.
    private func isKeyExchange(_ header: RecordHeader, _ payload: Span<UInt8>) -> Bool {
        header.type == .handshake && payload.count >= 4 && payload[1] == 0
            && Int(payload.bigEndianUInt16(at: 2)) == payload.count &- 4
    }

    /// How many records of a direction are tried, after those in which a search has ended.
    private static let recordsTried = 2
    /// How many lines of the key logs are tried on each record.
    private static let linesTried = 1024
    /// What a trial takes, in trials of keys that were derived before; before TLS 1.3, more hashes are needed.
    private static let (derivationCost, oldDerivationCost) = (16, 64)
}
