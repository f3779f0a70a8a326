import CCrypto
import WireFormat

/// Contexts of libcrypto for the common AEADs, each of which keeps a key until another needs its place.
///
/// Records mostly alternate between some connections, and giving a context another key takes as long as a short record.
/// Not thread-safe.
@safe
final class KeyedContexts {
    /// Which AEAD.
    enum Kind: UInt8 {
        case aes128GCM, aes256GCM, chaCha20Poly1305
    }

    /// The place that has taken a key, and a number that no other key gets.
    struct Claim: Equatable, Sendable {
        fileprivate var value = UInt64.max

        /// Its eight bytes, for who has no key here and keeps something else in it.
        var room: UInt64 {
            get { value }
            set { value = newValue }
        }
    }

    /// A place for a key; zeros before the first.
    @safe
    private struct Place {
        /// The claim of the key that it has.
        var claim: UInt64 = 0
        /// For short records of AES-GCM.
        var short = unsafe wstap_short_gcm()
        /// For records of any length; nil before the first.
        var context: OpaquePointer?
        var kind = Kind.aes128GCM
        /// Whether they have the key already.
        var hasKey = false
        var hasShortKey = false
        /// Whether it was used since the last search for a place.
        var isRecent = false

        mutating func clear() {
            unsafe EVP_CIPHER_CTX_free(context)
            unsafe context = nil
            unsafe wstap_short_gcm_clear(&short)
        }
    }

    /// Places that are not in use yet are untouched zeros, so they take no memory.
    private let places: UnsafeMutablePointer<Place>
    /// How many places were ever in use.
    private var count = 0
    /// Those whose key is not needed any more.
    private var free: [Int] = []
    private var claims: UInt64 = 0
    /// The bytes that the contexts take.
    private(set) var byteCount = 0
    /// Where the next search for a place begins.
    private var hand = 0

    /// The bits of a claim that hold the place.
    private let placeBits: Int
    /// How many places there are: those in use take one or two kilobytes each.
    private let limit: Int
    /// Places that are looked at for one that was not used lately.
    private static let searchLimit = 8
    private static let tagSize = 16
    /// What libcrypto allocates for a context, and for the two of short records.
    private static let (contextSize, shortSize) = (1200, 1300)

    init(placeBits: Int) {
        self.placeBits = placeBits
        limit = 1 << placeBits
        guard let zeros = unsafe calloc(limit, MemoryLayout<Place>.stride) else { fatalError("out of memory") }
        unsafe places = zeros.bindMemory(to: Place.self, capacity: limit)
    }

    deinit {
        for index in 0..<count { unsafe places[index].clear() }
        unsafe CCrypto.free(places)
    }

    /// Decrypts a record, and verifies it: see ``CipherBench/open(_:_:key:_:nonce:additional:into:)``.
    @inline(__always)
    func open(
        _ sealed: Span<UInt8>, _ kind: Kind, key: Span<UInt8>, _ claim: inout Claim, nonce: Block,
        additional: Span<UInt8>, into room: inout MutableSpan<UInt8>
    ) -> Bool {
        let count = sealed.count &- Self.tagSize
        guard count >= 0, room.count >= count else { return false }
        let place = unsafe place(kind, &claim)
        let isShort = kind != .chaCha20Poly1305 && count <= wstap_longest_short
        return unsafe sealed.withUnsafeBufferPointer { sealed in
            unsafe additional.withUnsafeBufferPointer { additional in
                unsafe key.withUnsafeBufferPointer { key in
                    unsafe nonce.span.withUnsafeBufferPointer { nonce in
                        unsafe room.withUnsafeMutableBufferPointer { room in
                            isShort
                                ? unsafe openShort(place, sealed, count, key, nonce, additional, room)
                                : unsafe open(place, sealed, count, key, nonce, additional, room)
                        }
                    }
                }
            }
        }
    }

    /// Decrypts a record of any length.
    private func open(
        _ place: UnsafeMutablePointer<Place>, _ sealed: UnsafeBufferPointer<UInt8>, _ count: Int,
        _ key: UnsafeBufferPointer<UInt8>, _ nonce: UnsafeBufferPointer<UInt8>,
        _ additional: UnsafeBufferPointer<UInt8>, _ room: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        if unsafe place.pointee.context == nil {
            unsafe place.pointee.context = Self.makeContext(place.pointee.kind)
            if unsafe place.pointee.context != nil { byteCount &+= Self.contextSize }
        }
        guard let context = unsafe place.pointee.context, let start = sealed.baseAddress else { return false }
        let newKey = unsafe place.pointee.hasKey ? nil : key.baseAddress
        unsafe place.pointee.hasKey = true
        let tag = unsafe UnsafeMutableRawPointer(mutating: start + count)
        var done: Int32 = 0
        guard unsafe wstap_begin_opening(context, newKey, nonce.baseAddress, tag, Int32(Self.tagSize)) == 1,
            unsafe EVP_DecryptUpdate(context, nil, &done, additional.baseAddress, Int32(additional.count)) == 1,
            unsafe count == 0 || EVP_DecryptUpdate(context, room.baseAddress, &done, start, Int32(count)) == 1
        else { return false }
        var none: UInt8 = 0
        return unsafe EVP_DecryptFinal_ex(context, &none, &done) == 1
    }

    /// Decrypts a short record of AES-GCM.
    private func openShort(
        _ place: UnsafeMutablePointer<Place>, _ sealed: UnsafeBufferPointer<UInt8>, _ count: Int,
        _ key: UnsafeBufferPointer<UInt8>, _ nonce: UnsafeBufferPointer<UInt8>,
        _ additional: UnsafeBufferPointer<UInt8>, _ room: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        if unsafe !place.pointee.hasShortKey {
            if unsafe place.pointee.short.cipher == nil { byteCount &+= Self.shortSize }
            let aes = unsafe place.pointee.kind == .aes256GCM ? Self.aes256 : Self.aes128
            guard unsafe wstap_short_gcm_set_key(&place.pointee.short, aes, key.baseAddress) == 1 else { return false }
            unsafe place.pointee.hasShortKey = true
        }
        return unsafe wstap_short_gcm_open(
            &place.pointee.short, nonce.baseAddress, additional.baseAddress, additional.count, sealed.baseAddress,
            count, room.baseAddress) == 1
    }

    /// The place of a key, which gets one if it has none.
    @inline(__always)
    private func place(_ kind: Kind, _ claim: inout Claim) -> UnsafeMutablePointer<Place> {
        let index = Int(truncatingIfNeeded: claim.value) & (limit &- 1)
        guard unsafe places[index].claim == claim.value else { return unsafe takePlace(kind, &claim) }
        unsafe places[index].isRecent = true
        return unsafe places + index
    }

    /// Gives a key a place: a new one, or one that was not used lately.
    @inline(never)
    private func takePlace(_ kind: Kind, _ claim: inout Claim) -> UnsafeMutablePointer<Place> {
        var index = free.popLast() ?? count
        if index >= limit {
            // None is free.
            for _ in 0..<Self.searchLimit {
                hand = hand &+ 1 < count ? hand &+ 1 : 0
                guard unsafe places[hand].isRecent else { break }
                unsafe places[hand].isRecent = false
            }
            index = hand
        }
        let place = unsafe places + index
        if unsafe place.pointee.kind != kind {
            if unsafe place.pointee.context != nil { byteCount &-= Self.contextSize }
            if unsafe place.pointee.short.cipher != nil { byteCount &-= Self.shortSize }
            unsafe place.pointee.clear()
            unsafe place.pointee.kind = kind
        }
        claims &+= 1
        claim.value = claims << UInt64(placeBits) | UInt64(index)
        unsafe place.pointee.claim = claim.value
        unsafe place.pointee.hasKey = false
        unsafe place.pointee.hasShortKey = false
        unsafe place.pointee.isRecent = true
        count = max(count, index &+ 1)
        return unsafe place
    }

    /// See ``CipherBench/prefetch(step:_:)``.
    func prefetch(step: Int, _ claim: Claim) {
        let place = unsafe places + Int(truncatingIfNeeded: claim.value) & (limit &- 1)
        if step == 0 { return unsafe WireFormat.prefetch(place, 0..<MemoryLayout<Place>.size) }
        guard unsafe place.pointee.claim == claim.value, let cipher = unsafe place.pointee.short.cipher,
            let gcm = unsafe place.pointee.short.gcm
        else { return }
        unsafe WireFormat.prefetch(UnsafeRawPointer(cipher), 0..<Self.nearCipherSize)
        unsafe WireFormat.prefetch(UnsafeRawPointer(gcm), 0..<Self.nearGCMSize)
    }

    // About what libcrypto looks at of a context, and of GCM's own state. OpenSSL 3 allocates the provider's part, with
    // the expanded key, right after the context; where it does not, the processor brings bytes near for nothing.
    private static var nearCipherSize: Int { 640 }
    private static var nearGCMSize: Int { 448 }

    /// Frees the place of a key: nothing more is decrypted with it.
    func release(_ claim: Claim) {
        let index = Int(truncatingIfNeeded: claim.value) & (limit &- 1)
        guard unsafe places[index].claim == claim.value else { return }
        unsafe places[index].claim = 0
        free.append(index)
    }

    private static func makeContext(_ kind: Kind) -> OpaquePointer? {
        let cipher =
            switch kind {
            case .aes128GCM: unsafe aes128GCM
            case .aes256GCM: unsafe aes256GCM
            case .chaCha20Poly1305: unsafe chaCha20Poly1305
            }
        guard let cipher = unsafe cipher, let pointer = unsafe EVP_CIPHER_CTX_new() else { return nil }
        guard unsafe EVP_DecryptInit_ex(pointer, cipher, nil, nil, nil) == 1 else {
            unsafe EVP_CIPHER_CTX_free(pointer)
            return nil
        }
        return unsafe pointer
    }

    // Whatever thread asks first; libcrypto's ciphers do not change.
    nonisolated(unsafe) private static let aes128 = unsafe wstap_cipher("AES-128-ECB")
    nonisolated(unsafe) private static let aes256 = unsafe wstap_cipher("AES-256-ECB")
    nonisolated(unsafe) private static let aes128GCM = unsafe wstap_cipher("id-aes128-GCM")
    nonisolated(unsafe) private static let aes256GCM = unsafe wstap_cipher("id-aes256-GCM")
    nonisolated(unsafe) private static let chaCha20Poly1305 = unsafe wstap_cipher("ChaCha20-Poly1305")
}
