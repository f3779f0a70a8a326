import WireFormat

/// The keys of one direction, and how many records they have protected.
package struct RecordProtection: Sendable {
    /// Which part of a connection the keys are for.
    package enum Epoch: Int, Comparable, Sendable {
        case early
        case handshake
        case application

        package static func < (left: Epoch, right: Epoch) -> Bool { left.rawValue < right.rawValue }
    }

    /// The number of the next record.
    var sequence: UInt64 = 0
    /// The fixed part of nonces; in TLS 1.0, the initialization vector of the next record.
    ///
    /// Where records bring most of their nonce, it has room for ``counterDistance``; with CBC from TLS 1.1 on, for
    /// words of ``macKey``.
    var vector: Block
    var key: RecordKey
    /// The context that has the key; for CBC, which claims none, a word of ``macKey``.
    var claimRoom = KeyedContexts.Claim()
    /// Words of ``macKey``.
    var macRoom: InlineArray<2, UInt64> = [0, 0]
    var rest = Rest.none
    let cipher: RecordCipher
    let version: TLSVersion
    let epoch: Epoch
    private var flags: UInt8 = 0

    /// What either an AEAD or CBC keeps at the end.
    enum Rest: Sendable {
        case none
        /// The secret that the keys follow from, after a KeyUpdate: few connections have one.
        case secret(KeptSecret)
        /// A word of ``macKey``: the last one of the longest, and in TLS 1.0 of those of SHA-256.
        case macWord(UInt64)
        /// The last three words of ``macKey``, where the vector takes too much of its room.
        case macEnd(KeyEnd)
    }

    /// The end of a key, in memory of its own.
    final class KeyEnd: Sendable {
        let words: InlineArray<3, UInt64>

        init(_ words: InlineArray<3, UInt64>) {
            self.words = words
        }
    }

    /// A secret in memory of its own.
    final class KeptSecret: Sendable {
        fileprivate let value: TrafficSecret

        fileprivate init(_ value: TrafficSecret) {
            self.value = value
        }
    }

    /// Whether the next record's vector is lost with the record before.
    private(set) var lacksVector: Bool {
        get { flags & 1 != 0 }
        set { flags = newValue ? flags | 1 : flags & ~1 }
    }

    /// Whether nothing of the last record was handed on, though it is genuine.
    var hasWithheld: Bool {
        get { flags & 8 != 0 }
        set { flags = newValue ? flags | 8 : flags & ~8 }
    }

    /// Whether ``counterDistance`` is known.
    private var knowsCounter: Bool {
        get { flags & 2 != 0 }
        set { flags = newValue ? flags | 2 : flags & ~2 }
    }

    /// Whether the HMAC is that of the encrypted bytes, for CBC (RFC 7366).
    private(set) var encryptsThenAuthenticates: Bool {
        get { flags & 4 != 0 }
        set { flags = newValue ? flags | 4 : flags & ~4 }
    }

    /// Creates protection by a traffic secret of TLS 1.3.
    ///
    /// - Parameters:
    ///   - secret: The secret.
    ///   - cipher: What the keys are for.
    ///   - epoch: The part of the connection.
    ///   - keepsSecret: Whether to keep the secret: those of key logs can be looked up again.
    init(_ secret: TrafficSecret, _ cipher: RecordCipher, _ epoch: Epoch, keepsSecret: Bool = false) {
        version = .tls13
        self.cipher = cipher
        self.epoch = epoch
        let keys = secret.keys(cipher)
        key = RecordKey(keys.key)
        vector = Block(keys.initializationVector.span)
        if keepsSecret { rest = .secret(KeptSecret(secret)) }
    }

    /// Creates protection by a key block of TLS 1.2 or before.
    ///
    /// - Parameters:
    ///   - keys: The keys of the direction.
    ///   - cipher: What they are for.
    ///   - version: The version.
    ///   - encryptsThenAuthenticates: Whether the hellos agreed on encrypt-then-MAC (RFC 7366).
    init(
        _ keys: MasterSecret.Keys, _ cipher: RecordCipher, _ version: TLSVersion, encryptsThenAuthenticates: Bool
    ) {
        self.version = version
        self.cipher = cipher
        epoch = .application
        key = RecordKey(keys.key)
        vector = Block(keys.initializationVector.span)
        guard cipher.mode == .cbc else { return }
        self.encryptsThenAuthenticates = encryptsThenAuthenticates
        macKey = keys.macKey
    }

    /// The context that has the key.
    var claim: KeyedContexts.Claim { cipher.mode == .cbc ? KeyedContexts.Claim() : claimRoom }

    var keyBytes: KeyBytes { key.bytes(count: cipher.keySize) }

    /// The secret that further keys follow from; nil before the first KeyUpdate, and in TLS 1.2.
    var secret: TrafficSecret? {
        if case .secret(let kept) = rest { kept.value } else { nil }
    }

    /// Whether the keys follow from a secret.
    func follows(from secret: TrafficSecret) -> Bool { version >= .tls13 && secret.keys(cipher).key == keyBytes }

    /// The protection after a KeyUpdate (RFC 8446 4.6.3).
    ///
    /// - Parameter secret: The secret of the current one.
    /// - Returns: The next one, which keeps its secret.
    func next(after secret: TrafficSecret) -> RecordProtection {
        RecordProtection(secret.next, cipher, .application, keepsSecret: true)
    }

    /// Takes over the context that a copy has claimed.
    mutating func keepClaim(of copy: RecordProtection) { claimRoom = copy.claimRoom }

    /// Whether both are of the same generation.
    func hasSameKeys(as other: RecordProtection) -> Bool {
        keyBytes == other.keyBytes && macKey == other.macKey
    }

    /// How many bytes a record adds to its plaintext: exact for an AEAD, unless TLS 1.3 pads; nil for CBC.
    var overhead: Int? {
        guard cipher.mode != .cbc else { return nil }
        return cipher.explicitVectorSize(version) + cipher.tagSize + (version >= .tls13 ? 1 : 0)
    }

    /// Decrypts a record as the one with the number ``sequence``, and verifies it; the number stays.
    ///
    /// - Parameters:
    ///   - header: Its header.
    ///   - payload: What follows it.
    ///   - bench: The contexts.
    ///   - output: Gets the plaintext, if the record is genuine.
    /// - Returns: What it holds; nil if it is not genuine.
    mutating func open(
        _ header: RecordHeader, _ payload: Span<UInt8>, _ bench: CipherBench, into output: inout [UInt8]
    ) -> ContentType? {
        if cipher.mode == .cbc { return openChain(header, payload, bench, into: &output) }
        var type: ContentType?
        output.append(addingCapacity: payload.count) { room in
            unsafe room.withUnsafeMutableBufferPointer { buffer, count in
                var room = unsafe MutableSpan(_unsafeElements: buffer)
                guard let opened = openInPlace(header, payload, bench, into: &room) else { return }
                type = opened.type
                count = opened.count
            }
        }
        return type
    }

    /// What a record held.
    struct Opened {
        let type: ContentType
        /// The bytes of plaintext.
        let count: Int
    }

    /// Decrypts a record of an AEAD as the one with the number ``sequence``, and verifies it; the number stays.
    ///
    /// - Parameters:
    ///   - header: Its header.
    ///   - payload: What follows it.
    ///   - bench: The contexts.
    ///   - room: Gets the plaintext at its beginning; as long as the payload.
    /// - Returns: What it holds; nil if it is not genuine.
    mutating func openInPlace(
        _ header: RecordHeader, _ payload: Span<UInt8>, _ bench: CipherBench, into room: inout MutableSpan<UInt8>
    ) -> Opened? {
        if version >= .tls13 { return openTLS13(header, payload, bench, into: &room) }
        let explicit = cipher.explicitVectorSize(version)
        guard payload.count >= explicit &+ cipher.tagSize else { return nil }
        var nonce = vector
        if explicit > 0 {
            nonce.replace(at: 4, with: payload)
        } else {
            mask(&nonce)
        }
        let count = payload.count &- explicit &- cipher.tagSize
        let additional = AdditionalData(header, sequence: sequence, plaintextLength: count)
        let isGenuine = bench.open(
            payload.extracting(droppingFirst: explicit), cipher, key: key.span(count: cipher.keySize), &claimRoom,
            nonce: nonce, additional: additional.span, into: &room)
        return isGenuine ? Opened(type: header.type, count: count) : nil
    }

    /// The number of a record that was encrypted with these keys, judging by its tag; nil if the tag does not show it.
    func sequence(of header: RecordHeader, _ payload: Span<UInt8>, _ bench: CipherBench) -> UInt64? {
        let additional = AdditionalData(header)
        guard version >= .tls13, cipher.mode == .gcm, payload.count > cipher.tagSize,
            let nonce = bench.nonceOfGCM(payload, key: keyBytes, additional: additional.span)
        else { return nil }
        // The last four bytes of the block were proof already, the first four are the other half.
        let mixed = (nonce.bits ^ vector.bits) >> 32
        return UInt64(exactly: mixed)
    }

    /// The part of the nonce that a record brings: where it is a counter, its distance from the sequence is constant.
    static func explicitCounter(_ payload: Span<UInt8>) -> UInt64? {
        payload.count >= 8 ? payload.bigEndianUInt64(at: 0) : nil
    }

    /// Whether records bring such a counter.
    var hasExplicitCounter: Bool { version < .tls13 && cipher.explicitVectorSize(version) == 8 }

    /// What separates the explicit part of nonces from the sequence (TLS 1.2); nil if that is not known.
    var counterDistance: UInt64? { knowsCounter ? vector.tail : nil }

    /// Learns the distance by a record that is genuine, and counted already.
    mutating func learnCounter(_ payload: Span<UInt8>) {
        guard hasExplicitCounter, let counter = Self.explicitCounter(payload) else { return }
        vector.tail = counter &- (sequence &- 1)
        knowsCounter = true
    }

    /// Takes over what a record that was not decrypted changes: in TLS 1.0 its last block is the next one's vector.
    mutating func pass(_ payload: Span<UInt8>) {
        guard cipher.mode == .cbc, version < .tls11, payload.count >= RecordCipher.blockSize else { return }
        let end = encryptsThenAuthenticates ? payload.count &- cipher.macSize : payload.count
        guard end >= RecordCipher.blockSize else { return }
        vector = Block(payload.extracting((end &- RecordCipher.blockSize)..<end))
        lacksVector = false
    }

    /// The same for a record that is not genuine: what an HMAC of encrypted bytes does not cover must not come from it.
    mutating func passDamaged(_ payload: Span<UInt8>) {
        pass(payload)
        if isChained, encryptsThenAuthenticates { lacksVector = true }
    }

    /// Whether records need bytes of the record before: in TLS 1.0.
    var isChained: Bool { cipher.mode == .cbc && version < .tls11 }

    /// Whether the next record may be genuine even if it does not open: its vector is lost, and its HMAC inside.
    var mayRefuseGenuine: Bool { lacksVector && !encryptsThenAuthenticates }

    /// Takes the vector of the next record from the bytes before it, which end a record that was not verified.
    ///
    /// It is lost if they are too few, or if the next record's HMAC does not cover it.
    mutating func chain(to bytes: Span<UInt8>) {
        lacksVector = isChained
        if !encryptsThenAuthenticates { pass(bytes) }
    }

    /// Counts a record that is lost.
    mutating func countLost() {
        sequence &+= 1
        lacksVector = cipher.mode == .cbc && version < .tls11
    }

    // MARK: TLS 1.3

    private mutating func openTLS13(
        _ header: RecordHeader, _ payload: Span<UInt8>, _ bench: CipherBench, into room: inout MutableSpan<UInt8>
    ) -> Opened? {
        guard header.length <= RecordHeader.longestOfTLS13 else { return nil }
        var nonce = vector
        mask(&nonce)
        let additional = AdditionalData(header)
        guard
            bench.open(
                payload, cipher, key: key.span(count: cipher.keySize), &claimRoom, nonce: nonce,
                additional: additional.span, into: &room)
        else { return nil }
        // RFC 8446 5.4: zeros, if any, pad the record; before them stands its type.
        var end = payload.count &- cipher.tagSize
        while end > 0 {
            end &-= 1
            guard room[end] == 0 else { return ContentType(rawValue: room[end]).map { Opened(type: $0, count: end) } }
        }
        return nil
    }

    /// Takes back what was appended for a record that is not genuine.
    func drop(_ output: inout [UInt8], from start: Int) -> ContentType? {
        output.removeLast(output.count &- start)
        return nil
    }

    /// RFC 8446 5.3, RFC 7905 2.
    private func mask(_ nonce: inout Block) {
        nonce.combine(sequence, at: 4)
    }
}
