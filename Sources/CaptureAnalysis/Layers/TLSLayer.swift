import HTTPUpgrade
import TLSDecryption
import WireFormat

/// TLS as a layer: a connection is read as the plaintext that it carries.
@safe
final class TLSLayer: StreamLayer {
    private var reader: TLSReader {
        _read { yield unsafe uncheckedReader }
        _modify { yield unsafe &uncheckedReader }
    }
    // The reader never calls its layer, so exclusivity checks, which cost up to a tenth of a short record, would find
    // nothing.
    @exclusivity(unchecked) private var uncheckedReader: TLSReader
    /// Whether it can yield nothing more: most TLS connections have no secrets.
    var isSpent: Bool { reader.isOver }

    init(_ shared: TLSShard, beginsMidstream: Bool) {
        unsafe uncheckedReader = TLSReader(bench: shared.bench, beginsMidstream: beginsMidstream)
    }

    /// The memory that it keeps, including itself, in bytes.
    var cost: Int { (isSpent ? Self.spentSize : Self.size) &+ reader.status.cost }
    /// The size of a layer that keeps nothing, and of a spent one.
    private static let size = 400
    private static let spentSize = 192

    var hotState: UnsafeRawBufferPointer? { unsafe reader.hotState }

    func prefetch(step: Int, _ direction: Direction) { reader.prefetch(step: step, direction) }

    var beginsMidstream: Bool { reader.beginsMidstream }

    var encryptedOutcome: TLSOutcome? { reader.outcome }

    func obstacle(to direction: Direction) -> TLSFacts.Obstacle? { reader.obstacle(direction) }

    var encryption: Encryption? { Encryption(reader.outcome) }

    func receive(_ bytes: Span<UInt8>, at place: StreamPlace, into output: inout LayerOutput) {
        guard !isSpent else { return }
        handOn(&output, reader.receive(bytes, at: RecordPlace(place), into: &output.records))
    }

    func decodeFirst(
        of bytes: Span<UInt8>, from direction: Direction, into room: inout MutableSpan<UInt8>
    ) -> DecodedRecord? {
        reader.openFirst(of: bytes, from: direction, into: &room).map { DecodedRecord(size: $0.size, count: $0.count) }
    }

    func keep(_ bytes: Span<UInt8>, from direction: Direction) -> Int? { reader.gatherMore(bytes, from: direction) }

    func skip(_ length: UInt64?, at place: StreamPlace, into output: inout LayerOutput) {
        guard !isSpent else { return }
        handOn(&output, reader.skip(length, at: RecordPlace(place), into: &output.records))
    }

    func finish(into output: inout LayerOutput) {
        guard !isSpent else { return }
        reader.finish(into: &output.records)
        output.takeRecords()
    }

    private func handOn(_ output: inout LayerOutput, _ status: TLSReader.Status) {
        if status.isStuck {
            reader.finish(into: &output.records)
            reader.forget()
        }
        output.takeRecords()
    }

    func count(in summary: inout Summary) {
        let outcome = reader.outcome
        summary.encrypted.total &+= 1
        if outcome.facts.selectedProtocol == "h2" { summary.encrypted.http2 &+= 1 }
        if outcome.facts.hasEncryptedHello { summary.encrypted.encryptedHellos &+= 1 }
        switch outcome.obstacle {
        case nil: summary.encrypted.decrypted &+= 1
        case .noKeyLog: summary.encrypted.noKeyLog &+= 1
        case .noSecret: summary.encrypted.noSecret &+= 1
        case .wrongSecret: summary.encrypted.wrongSecret &+= 1
        case .unsupported, .renegotiation: summary.encrypted.unsupported &+= 1
        case .noHandshake: summary.encrypted.noHandshake &+= 1
        case .incomplete: summary.encrypted.incomplete &+= 1
        }
        if outcome.obstacle != nil { summary.others.tls &+= 1 }
    }
}

extension Encryption {
    /// The TLS parameters of a connection, as far as known.
    init(_ outcome: TLSOutcome) {
        self.init(
            version: outcome.facts.version?.name, cipherSuite: outcome.facts.suite?.name,
            serverName: outcome.facts.serverName, applicationProtocol: outcome.facts.selectedProtocol,
            isDecrypted: outcome.isDecrypted, isResumed: outcome.facts.isResumed, clientRandom: outcome.clientRandom)
    }
}

/// What the TLS connections of a shard share; used by one thread at a time.
final class TLSShard {
    let bench: CipherBench

    init(_ secrets: SecretStore?) {
        bench = CipherBench(secrets: secrets)
    }

    /// Provides a layer for a connection that begins like TLS.
    func layer(for offer: LayerOffer, startingWith bytes: Span<UInt8>) -> TLSLayer? {
        switch offer.moment {
        case .firstBytes:
            // If a connection begins with TLS, HTTP notices that first.
            return offer.isOpeningKnown ? nil : midstreamLayer(startingWith: bytes)
        case .after(.tls):
            return offer.isOpeningKnown
                ? TLSLayer(self, beginsMidstream: false) : midstreamLayer(startingWith: bytes)
        case .after:
            return nil
        }
    }

    /// Provides a layer for a connection that began before the capture: its first bytes must look like records.
    private func midstreamLayer(startingWith bytes: Span<UInt8>) -> TLSLayer? {
        guard Self.looksLikeRecords(bytes) else { return nil }
        // It may still be the first record, of a connection whose SYN the capture lacks.
        let isHello =
            bytes[0] == ContentType.handshake.rawValue && bytes.count > RecordHeader.size
            && bytes[RecordHeader.size] == 1
        return TLSLayer(self, beginsMidstream: !isHello)
    }

    /// Whether bytes look like a record, followed by another one if there are more bytes.
    static func looksLikeRecords(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= RecordHeader.size, let header = RecordHeader(bytes), header.length > 0 else {
            return false
        }
        let next = RecordHeader.size &+ header.length
        return next >= bytes.count || RecordHeader.mayBegin(bytes.extracting(next...))
    }
}

extension RecordPlace {
    fileprivate init(_ place: StreamPlace) {
        self.init(
            direction: place.direction, origin: place.origin, carrier: place.carrier,
            acknowledged: place.acknowledged)
    }
}
