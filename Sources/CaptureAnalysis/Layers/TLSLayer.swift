import HTTPUpgrade
import TLSDecryption
import WireFormat

/// Lets a TLS connection be read as what it carries.
final class TLSLayer: StreamLayer {
    private let reader: TLSReader
    private let shared: TLSShard

    init(_ shared: TLSShard, beginsMidstream: Bool) {
        self.shared = shared
        reader = TLSReader(secrets: shared.secrets, bench: shared.bench, beginsMidstream: beginsMidstream)
    }

    /// A reader and this object, with what they keep.
    var cost: Int { 768 &+ reader.cost }

    var beginsMidstream: Bool { reader.beginsMidstream }

    var isSpent: Bool {
        reader.obstacle(.fromInitiator) != nil && reader.obstacle(.fromResponder) != nil
    }

    var encryption: Encryption? {
        let facts = reader.facts
        return Encryption(
            version: facts.version?.name, cipherSuite: facts.suite?.name, serverName: facts.serverName,
            applicationProtocol: facts.selectedProtocol, isDecrypted: reader.isDecrypted, isResumed: facts.isResumed,
            clientRandom: reader.clientRandom)
    }

    func receive(_ bytes: Span<UInt8>, at place: StreamPlace, into output: inout LayerOutput) {
        swap(&shared.output.bytes, &output.bytes)
        reader.receive(bytes, at: RecordPlace(place), into: &shared.output)
        handOn(&output)
    }

    func skip(_ length: UInt64?, at place: StreamPlace, into output: inout LayerOutput) {
        swap(&shared.output.bytes, &output.bytes)
        reader.skip(length, at: RecordPlace(place), into: &shared.output)
        handOn(&output)
    }

    func finish(into output: inout LayerOutput) {
        swap(&shared.output.bytes, &output.bytes)
        reader.finish(into: &shared.output)
        handOn(&output)
    }

    private func handOn(_ output: inout LayerOutput) {
        swap(&shared.output.bytes, &output.bytes)
        for piece in shared.output.pieces { output.append(piece) }
        shared.output.pieces.removeAll(keepingCapacity: true)
    }

    func count(in summary: inout Summary) {
        let facts = reader.facts
        summary.encrypted.total &+= 1
        if facts.selectedProtocol == "h2" { summary.encrypted.http2 &+= 1 }
        if facts.hasEncryptedHello { summary.encrypted.encryptedHellos &+= 1 }
        switch reader.obstacle {
        case nil: summary.encrypted.decrypted &+= 1
        case .noKeyLog: summary.encrypted.noKeyLog &+= 1
        case .noSecret: summary.encrypted.noSecret &+= 1
        case .wrongSecret: summary.encrypted.wrongSecret &+= 1
        case .unsupported, .renegotiation: summary.encrypted.unsupported &+= 1
        case .noHandshake: summary.encrypted.noHandshake &+= 1
        case .incomplete: summary.encrypted.incomplete &+= 1
        }
        if reader.obstacle != nil { summary.others.tls &+= 1 }
    }
}

/// What the TLS connections of a shard share, which one thread uses at a time.
final class TLSShard {
    let secrets: SecretStore?
    let bench = CipherBench()
    /// Room for what one of them decrypts.
    var output = TLSOutput()

    init(_ secrets: SecretStore?) {
        self.secrets = secrets
    }

    /// Offers to read a connection that begins as TLS does.
    func layer(for offer: LayerOffer, startingWith bytes: Span<UInt8>) -> TLSLayer? {
        switch offer.moment {
        case .firstBytes:
            // Where a connection begins with TLS, HTTP notices that.
            return offer.isOpeningKnown ? nil : midstreamLayer(startingWith: bytes)
        case .after(.tls):
            return offer.isOpeningKnown
                ? TLSLayer(self, beginsMidstream: false) : midstreamLayer(startingWith: bytes)
        case .after:
            return nil
        }
    }

    /// Offers to read a connection that began before the capture: its first bytes must look like records.
    private func midstreamLayer(startingWith bytes: Span<UInt8>) -> TLSLayer? {
        guard Self.looksLikeRecords(bytes) else { return nil }
        // It may be the first record all the same: of a connection whose SYN is not in the capture.
        let isHello =
            bytes[0] == ContentType.handshake.rawValue && bytes.count > RecordHeader.size
            && bytes[RecordHeader.size] == 1
        return TLSLayer(self, beginsMidstream: !isHello)
    }

    /// Whether bytes look like a record, and another one after it if there are more.
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
