import WireFormat

/// How handshakes are read.
extension TLSReader {
    /// Reads handshake messages of a record, encrypted or not.
    mutating func readMessages(_ bytes: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput) {
        let index = place.direction.index
        let rare = sides[index].needRare()
        var offset = 0
        while offset < bytes.count {
            guard let message = rare.messages.next(bytes, from: &offset) else { continue }
            switch message.kind {
            case .clientHello where hasChangedKeys(place.direction),
                .serverHello where hasChangedKeys(place.direction):
                break
            case .clientHello: readClientHello(message.body.span, at: place, into: &output)
            case .serverHello: readServerHello(message.body.span, at: place, into: &output)
            case .encryptedExtensions: readExtensions(message.body.span, at: place, into: &output)
            case .endOfEarlyData where sides[index].protection?.epoch == .early: sides[index].expected = .handshake
            // That of an authentication after the handshake changes no keys (RFC 8446 4.6.2).
            case .finished where sides[index].protection?.epoch == .handshake: sides[index].expected = .application
            // It ends a record (RFC 8446 5.1): one in the middle of many would only cost time.
            case .keyUpdate where isTLS13 && offset == bytes.count:
                if let next = keysAfterUpdate(place.direction) { replaceKeys(index, with: next) }
            default: break
            }
            guard sides[index].obstacle == nil else { return }
        }
    }

    var isTLS13: Bool { facts.version.map { $0 >= .tls13 } ?? true }

    private mutating func readClientHello(_ body: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput) {
        let index = place.direction.index
        guard !sides[index].isProtected else { return renegotiate(at: place, into: &output) }
        guard let hello = ClientHello(body) else { return giveUpBoth(.incomplete) }
        client = place.direction
        clientRandom = hello.random
        let agreement = needAgreement()
        agreement.sessionID = hello.sessionID
        agreement.lines = nil
        facts.setServerName(hello.serverName, sharedBy: bench)
        facts.offeredProtocols = hello.protocols
        facts.hasEncryptedHello = hello.hasEncryptedHello
        // A second hello, after a retry, has none.
        earlyData = hello.hasEarlyData ? .undecided : earlyData == .none ? .none : .rejected
        if self.agreement?.waiting != nil { reviseWaiting(now: place.origin, into: &output) }
    }

    private mutating func readServerHello(_ body: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput) {
        guard !sides[place.direction.index].isProtected else { return renegotiate(at: place, into: &output) }
        guard let hello = ServerHello(body) else { return giveUpBoth(.incomplete) }
        guard !hello.isRetry else {
            if earlyData == .undecided { earlyData = .rejected }
            return
        }
        client = place.direction.opposite
        let agreement = needAgreement()
        if hello.version < .tls13 { agreement.serverRandom = hello.random }
        facts.version = hello.version
        facts.suite = hello.suite
        facts.selectedProtocol = hello.selectedProtocol
        encryptsThenAuthenticates = hello.encryptsThenAuthenticates
        if hello.version >= .tls13 {
            facts.isResumed = hello.usesPSK
        } else {
            facts.isResumed = !agreement.sessionID.isEmpty && hello.sessionID == agreement.sessionID
            if earlyData == .undecided { earlyData = .rejected }
        }
        let isSupported = hello.version <= .tls13 && hello.version >= .tls10 && cipher != nil && !hello.compresses
        if !isSupported {
            giveUpBoth(.unsupported)
        } else if !mayHaveSecrets {
            giveUpBoth(.noKeyLog)
        }
        if self.agreement?.waiting != nil { reviseWaiting(now: place.origin, into: &output) }
    }

    private mutating func readExtensions(_ body: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput) {
        let extensions = EncryptedExtensions(body)
        facts.selectedProtocol = extensions.selectedProtocol ?? facts.selectedProtocol
        if earlyData == .undecided { earlyData = extensions.acceptsEarlyData ? .accepted : .rejected }
        if self.agreement?.waiting != nil { reviseWaiting(now: place.origin, into: &output) }
    }

    /// A new handshake inside the connection is not followed.
    private mutating func renegotiate(at place: RecordPlace, into output: inout TLSOutput) {
        guard !isTLS13 else { return }
        flushGap(place.direction, into: &output)
        output.append(.problem(.renegotiation), at: place)
        for direction in Direction.allCases {
            var own = place
            own.direction = direction
            if sides[direction.index].obstacle == nil, sides[direction.index].hasPlaintext {
                output.append(.gap(nil), at: own)
            }
            giveUp(direction, .renegotiation)
        }
    }
}
