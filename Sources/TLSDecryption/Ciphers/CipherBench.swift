import CCrypto
import WireFormat

/// What the TLS connections of a shard share: the contexts of libcrypto, the secrets, and memory for what few need at
/// once.
///
/// A context takes a kilobyte, so connections have none: they keep their keys, and a context takes the key of the
/// current record. The common AEADs have several (``KeyedContexts``), every other use has one. Not thread-safe.
@safe
package final class CipherBench {
    /// A context of libcrypto, and the key that it has.
    @safe
    private struct Context {
        let pointer: OpaquePointer
        var key = KeyBytes()
    }

    /// Which context.
    struct Kind: Equatable {
        enum Use: Int, CaseIterable {
            case ccm, ccm8, cbc, encryptBlock, decryptBlock, authenticate
        }

        let use: Use
        let isLong: Bool

        init(use: Use, keySize: Int) {
            self.use = use
            isLong = keySize == 32
        }

        var index: Int { 2 &* use.rawValue &+ (isLong ? 1 : 0) }
    }

    /// The key logs; nil if there is none.
    let secrets: SecretStore?
    /// Those of the common AEADs.
    private let keyed: KeyedContexts
    /// The current packet: secrets that became known after it do not count yet.
    var packet: UInt64 {
        get { unsafe uncheckedPacket }
        set { unsafe uncheckedPacket = newValue }
    }
    // Nobody holds on to it, so checks for overlapping access would find nothing.
    @exclusivity(unchecked) private var uncheckedPacket: UInt64 = 0
    /// By ``Kind/index``.
    private var contexts = [Context?](repeating: nil, count: 2 * Kind.Use.allCases.count)
    /// What all connections together may still try.
    package var trials = TrialAllowance()
    /// The keys that are tried on records of unknown sessions, and when they were made (``SecretStore/age(at:)``).
    var midstreamKeys: (age: Int, keys: [MidstreamKey])?
    /// The lines whose secrets are tried where the ClientHello is lost, and when they were read.
    var latestLines: (age: Int, lines: [KeyLogLine])?
    /// Memory for what connections keep of their directions.
    let sides = TLSReader.SidePool()
    /// Names of servers, which many connections have in common.
    var names = SharedNames()
    /// Incomplete records that are not used.
    var partials = PartialRecordPool()
    /// Room for what an HMAC is made of.
    private var message: [UInt8] = []

    /// Creates one.
    ///
    /// - Parameters:
    ///   - secrets: The key logs; nil if there is none.
    ///   - placeBits: How many keys of the common AEADs have contexts, as the power of two.
    package init(secrets: SecretStore? = nil, placeBits: Int = 9) {
        self.secrets = secrets
        keyed = KeyedContexts(placeBits: placeBits)
    }

    deinit {
        for context in contexts { context.map { unsafe EVP_CIPHER_CTX_free($0.pointer) } }
    }

    /// Allows further trials, since this many bytes have been captured; without secrets, nothing is tried.
    package func allowTrials(after count: Int) {
        if secrets != nil { trials.grow(after: count) }
    }

    /// Goes on to a packet, unless a later one was read already.
    func advance(to packet: UInt64) { self.packet = max(self.packet, packet) }

    /// The bytes that it takes: names, contexts, incomplete records, sides of connections.
    package var byteCount: Int {
        names.byteCount &+ keyed.byteCount &+ partials.byteCount &+ sides.byteCount
            &+ (midstreamKeys?.keys.capacity ?? 0) &* MemoryLayout<MidstreamKey>.stride
            &+ (latestLines?.lines.capacity ?? 0) &* MemoryLayout<KeyLogLine>.stride
    }

    // MARK: AEAD

    /// Decrypts a record, and verifies it.
    ///
    /// - Parameters:
    ///   - sealed: The encrypted bytes, then the tag.
    ///   - cipher: An AEAD.
    ///   - key: Its key.
    ///   - claim: The key's claim on a context, which stays with the key.
    ///   - nonce: The nonce, in the first 12 bytes.
    ///   - additional: What is authenticated beside.
    ///   - room: Gets the plaintext, which is as long as the encrypted bytes without the tag; what is not genuine must
    ///     not be looked at.
    /// - Returns: Whether the record is genuine.
    func open(
        _ sealed: Span<UInt8>, _ cipher: RecordCipher, key: Span<UInt8>, _ claim: inout KeyedContexts.Claim,
        nonce: Block, additional: Span<UInt8>, into room: inout MutableSpan<UInt8>
    ) -> Bool {
        let count = sealed.count &- cipher.tagSize
        guard count >= 0, room.count >= count, key.count == cipher.keySize else { return false }
        let use: Kind.Use
        switch cipher.mode {
        case .gcm, .chaCha20Poly1305:
            let kind: KeyedContexts.Kind =
                cipher.mode == .chaCha20Poly1305 ? .chaCha20Poly1305 : cipher.keySize == 32 ? .aes256GCM : .aes128GCM
            return keyed.open(sealed, kind, key: key, &claim, nonce: nonce, additional: additional, into: &room)
        case .ccm: use = .ccm
        case .ccm8: use = .ccm8
        case .cbc: return false
        }
        guard let context = unsafe context(Kind(use: use, keySize: cipher.keySize)) else { return false }
        return unsafe sealed.withUnsafeBufferPointer { sealed in
            unsafe additional.withUnsafeBufferPointer { additional in
                unsafe key.withUnsafeBufferPointer { key in
                    unsafe nonce.span.withUnsafeBufferPointer { nonce in
                        unsafe room.withUnsafeMutableBufferPointer { room in
                            unsafe Self.openChained(
                                context, sealed, count, cipher, key.baseAddress, nonce.baseAddress, additional, room)
                        }
                    }
                }
            }
        }
    }

    /// Asks the processor to bring near what decrypts with a key: in the first step where that stands, in the next
    /// itself.
    func prefetch(step: Int, _ claim: KeyedContexts.Claim) { keyed.prefetch(step: step, claim) }

    /// Gives back what a key has claimed, since nothing more is decrypted with it.
    func release(_ claim: KeyedContexts.Claim) { keyed.release(claim) }

    /// CCM, which needs the tag before the key, and the length before the rest (RFC 3610 2.2).
    private static func openChained(
        _ context: OpaquePointer, _ sealed: UnsafeBufferPointer<UInt8>, _ count: Int, _ cipher: RecordCipher,
        _ key: UnsafePointer<UInt8>?, _ nonce: UnsafePointer<UInt8>?, _ additional: UnsafeBufferPointer<UInt8>,
        _ room: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        guard let start = sealed.baseAddress else { return false }
        let tag = unsafe UnsafeMutableRawPointer(mutating: start + count)
        var done: Int32 = 0
        guard unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 12, nil) == 1,
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(cipher.tagSize), tag) == 1,
            unsafe EVP_CipherInit_ex(context, nil, nil, key, nonce, -1) == 1,
            unsafe EVP_DecryptUpdate(context, nil, &done, nil, Int32(count)) == 1,
            unsafe EVP_DecryptUpdate(context, nil, &done, additional.baseAddress, Int32(additional.count)) == 1
        else { return false }
        // The update verifies the tag.
        return unsafe count == 0 || EVP_DecryptUpdate(context, room.baseAddress, &done, start, Int32(count)) == 1
    }

    // MARK: CBC

    /// Decrypts whole blocks; what they hold is not verified.
    ///
    /// - Parameters:
    ///   - blocks: The encrypted blocks.
    ///   - key: The key.
    ///   - vector: The initialization vector.
    ///   - output: Gets the decrypted blocks.
    /// - Returns: Whether they could be decrypted.
    package func decryptChain(
        _ blocks: Span<UInt8>, key: KeyBytes, vector: Block, into output: inout [UInt8]
    ) -> Bool {
        let kind = Kind(use: .cbc, keySize: key.count)
        guard blocks.count % RecordCipher.blockSize == 0, blocks.count > 0, let context = unsafe context(kind),
            unsafe start(kind, context, key, vector)
        else { return false }
        unsafe EVP_CIPHER_CTX_set_padding(context, 0)
        let begin = output.count
        output.append(contentsOf: repeatElement(0, count: blocks.count))
        var done: Int32 = 0
        let isDone = unsafe blocks.withUnsafeBufferPointer { blocks in
            unsafe output.withUnsafeMutableBufferPointer { room in
                unsafe EVP_DecryptUpdate(
                    context, room.baseAddress.map { unsafe $0 + begin }, &done, blocks.baseAddress,
                    Int32(blocks.count))
            }
        }
        if isDone != 1 { output.removeLast(output.count &- begin) }
        return isDone == 1
    }

    /// Whether a record's HMAC is right.
    ///
    /// - Parameters:
    ///   - mac: The HMAC that the record has.
    ///   - header: What is authenticated first.
    ///   - bytes: What is authenticated then.
    ///   - hash: The hash function.
    ///   - key: The key of the HMAC.
    /// - Returns: Whether it is.
    package func verifies(
        _ mac: Span<UInt8>, of header: Span<UInt8>, _ bytes: Span<UInt8>, _ hash: HashFunction,
        key: KeyBytes
    ) -> Bool {
        message.removeAll(keepingCapacity: true)
        message.append(copying: header)
        message.append(copying: bytes)
        let input = message
        return hash.authenticate(input.span, key: key.span) == KeyBytes(mac)
    }

    // MARK: Contexts

    /// Begins a message in a context.
    func start(_ kind: Kind, _ context: OpaquePointer, _ key: KeyBytes, _ nonce: Block) -> Bool {
        let isKnown = contexts[kind.index]?.key == key
        if !isKnown { contexts[kind.index]?.key = key }
        return unsafe key.span.withUnsafeBufferPointer { key in
            unsafe nonce.span.withUnsafeBufferPointer { nonce in
                unsafe EVP_CipherInit_ex(
                    context, nil, nil, isKnown ? nil : key.baseAddress, nonce.baseAddress, -1) == 1
            }
        }
    }

    func context(_ kind: Kind) -> OpaquePointer? {
        if let context = contexts[kind.index] { return unsafe context.pointer }
        guard let pointer = unsafe Self.makeContext(kind) else { return nil }
        unsafe contexts[kind.index] = Context(pointer: pointer)
        return unsafe pointer
    }

    private static func makeContext(_ kind: Kind) -> OpaquePointer? {
        guard let pointer = unsafe EVP_CIPHER_CTX_new() else { return nil }
        let encrypts: Int32 = kind.use == .encryptBlock || kind.use == .authenticate ? 1 : 0
        guard unsafe EVP_CipherInit_ex(pointer, cipher(kind), nil, nil, nil, encrypts) == 1 else {
            unsafe EVP_CIPHER_CTX_free(pointer)
            return nil
        }
        return unsafe pointer
    }

    private static func cipher(_ kind: Kind) -> OpaquePointer? {
        let isLong = kind.isLong
        return switch kind.use {
        case .authenticate: unsafe isLong ? EVP_aes_256_gcm() : EVP_aes_128_gcm()
        case .ccm, .ccm8: unsafe isLong ? EVP_aes_256_ccm() : EVP_aes_128_ccm()
        case .cbc: unsafe isLong ? EVP_aes_256_cbc() : EVP_aes_128_cbc()
        case .encryptBlock, .decryptBlock: unsafe isLong ? EVP_aes_256_ecb() : EVP_aes_128_ecb()
        }
    }
}
