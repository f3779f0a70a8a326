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
        guard let secrets, header.type == .applicationData, bench.midstreamTrials > 0 else { return nil }
        let lines = secrets.applicationSecrets(
            atMost: Self.midstreamSecrets, at: packet, budget: &bench.midstreamLines)
        for line in lines {
            let sender = line.label == .clientApplication ? direction : direction.opposite
            guard client ?? sender == sender else { continue }
            for (suite, hash, cipher) in Self.midstreamSuites where hash.digestSize == line.secret.count {
                guard facts.suite ?? suite == suite, bench.midstreamTrials > 0 else { continue }
                bench.midstreamTrials &-= 1
                var keys = RecordProtection(TrafficSecret(line.secret, hash), cipher, .application)
                guard let sequence = keys.sequence(of: header, payload, bench) else { continue }
                keys.sequence = sequence
                client = sender
                clientRandom = line.random
                facts.version = .tls13
                facts.suite = suite
                return keys
            }
        }
        return nil
    }

    /// The suites of which a record's number proves its key.
    private static let midstreamSuites = CipherSuite.allOfTLS13.compactMap { suite in
        suite.cipher.flatMap { $0.mode == .gcm ? (suite, suite.hash, $0) : nil }
    }

    /// Records of a direction that are tried.
    private static let midstreamRecords = 16
    /// Secrets that are tried on each.
    private static let midstreamSecrets = 1024
}
