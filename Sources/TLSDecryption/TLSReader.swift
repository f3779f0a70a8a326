package import WireFormat

/// Reads the two streams of a TLS connection, and decrypts what the secrets allow.
///
/// It is fed the bytes of both streams in the order of the capture, and what is missing of them. It appends plaintext,
/// gaps and alerts to a ``TLSOutput``. It does no I/O. Every record is verified before a byte of it is used.
///
/// Files: `+Records` splits streams into records, `+Hellos` reads handshakes, `+Keys` finds the keys that may come
/// next, `+Opening` decrypts, `+Losses` goes on after lost bytes, `+LostRecords` counts what was in them, `+Midstream`
/// and `+LostHello` find sessions without their ClientHello, `+Waiting` keeps records that need something else first.
package struct TLSReader: ~Copyable {
    // In this order, since padding counts: 100,000 connections may be open.

    let bench: CipherBench
    var sides: Sides
    /// Bytes that may still be spent on trials, after losses.
    var trialBudget: Int32 = 256 << 20
    /// What is needed until keys are agreed on; nil after that.
    var agreement: Agreement?
    /// What the hellos said.
    package internal(set) var facts = TLSFacts()
    /// The direction of the client; nil while it is not known.
    package internal(set) var client: Direction?
    /// What becomes of data that the client sent with its first hello.
    var earlyData = EarlyData.none
    /// The random of the ClientHello, which names the connection in key logs.
    package internal(set) var clientRandom: Random?
    private var flags: UInt8
    /// The result, once nothing more can be decrypted.
    private var ending: Ending?

    /// The key logs; nil if there is none.
    var secrets: SecretStore? { bench.secrets }
    /// What protects records, by the suite; nil while it is not known, or if it cannot be decrypted.
    var cipher: RecordCipher? { facts.suite?.cipher }
    /// Whether the connection began before the capture.
    package var beginsMidstream: Bool { flags & 1 != 0 }
    /// Whether the hellos agreed on encrypt-then-MAC (RFC 7366).
    var encryptsThenAuthenticates: Bool {
        get { flags & 2 != 0 }
        set { flags = newValue ? flags | 2 : flags & ~2 }
    }

    /// Data that comes before the server has answered (RFC 8446 4.2.10).
    enum EarlyData {
        case none
        /// It is not known yet whether the server takes it.
        case undecided
        case accepted
        case rejected
    }

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - bench: The key logs and the contexts of the ciphers, which only one thread uses at a time.
    ///   - beginsMidstream: Whether the connection began before the capture.
    package init(bench: CipherBench, beginsMidstream: Bool = false) {
        self.bench = bench
        sides = Sides(in: bench.sides)
        flags = beginsMidstream ? 1 : 0
    }

    deinit {
        releaseKeys()
        sides.end(in: bench.sides)
    }

    /// Gives back the contexts that its keys have.
    private func releaseKeys() {
        guard ending == nil else { return }
        for index in 0..<2 {
            if let claim = sides[index].protection?.claim { bench.release(claim) }
        }
    }

    /// The bytes that it keeps beside itself.
    package var cost: Int {
        mutating get {
            sides[0].cost &+ sides[1].cost &+ (agreement?.cost ?? 0) &+ facts.cost
        }
    }

    /// Whether records of a direction have been decrypted.
    package func hasDecrypted(_ direction: Direction) -> Bool { sides[direction.index].protection != nil }

    /// Whether both directions have their secrets, as far as is known.
    package var isDecrypted: Bool {
        if let ending { return ending.isDecrypted }
        let hasPlaintext = hasDecrypted(.fromInitiator) || hasDecrypted(.fromResponder)
        return hasPlaintext && mayDecrypt(0) && mayDecrypt(1)
    }

    private func mayDecrypt(_ index: Int) -> Bool { sides[index].obstacle == nil && !sides[index].isMistrusted }

    /// What keeps all that a direction carries from being decrypted; nil if nothing does, or some of it was.
    package func obstacle(_ direction: Direction) -> TLSFacts.Obstacle? {
        if let ending { return ending.obstacle(direction) }
        let index = direction.index
        guard !sides[index].hasPlaintext else { return nil }
        return sides[index].obstacle ?? (sides[index].isMistrusted ? .wrongSecret : nil)
    }

    /// Whether nothing more can be decrypted.
    private var isStuck: Bool {
        // `mutating`, like ``cost``, so that the reader is read in place, not copied.
        mutating get { sides[0].obstacle != nil && sides[1].obstacle != nil }
    }

    /// Frees what only decryption needs: nothing more can be decrypted.
    ///
    /// Do not read with it afterwards.
    package mutating func forget() {
        releaseKeys()
        ending = Ending(
            obstacle, isDecrypted: isDecrypted, ofInitiator: obstacle(.fromInitiator),
            ofResponder: obstacle(.fromResponder))
        agreement = nil
        sides.free(in: bench.sides)
    }

    /// What keeps the connection from being decrypted; nil if records of it were, other than its handshake's alone.
    package var obstacle: TLSFacts.Obstacle? {
        if let ending { return ending.obstacle }
        guard !sides[0].hasPlaintext, !sides[1].hasPlaintext else { return nil }
        if let one = sides[0].obstacle, let other = sides[1].obstacle { return other == .wrongSecret ? other : one }
        guard !hasDecrypted(.fromInitiator), !hasDecrypted(.fromResponder) else { return nil }
        return sides[0].obstacle ?? sides[1].obstacle ?? .incomplete
    }

    /// What a reader keeps, and whether it can go on.
    package struct Status {
        /// The bytes that it keeps beside itself.
        package let cost: Int
        /// Whether nothing more can be decrypted.
        package let isStuck: Bool
    }

    /// What it keeps, and whether it can go on.
    package var status: Status {
        mutating get { ending == nil ? Status(cost: cost, isStuck: isStuck) : Status(cost: facts.cost, isStuck: true) }
    }

    /// Takes the next bytes of a stream.
    @discardableResult
    package mutating func receive(
        _ bytes: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput
    ) -> Status {
        guard ending == nil else { return status }
        bench.advance(to: place.origin.packet)
        if agreement?.waiting != nil { reviseWaiting(now: place.origin, into: &output) }
        read(bytes, at: place, into: &output)
        return status
    }

    /// Goes on after bytes that the capture lacks.
    ///
    /// - Parameters:
    ///   - length: How many; nil if that is not known.
    ///   - place: Where they would stand.
    ///   - output: What comes of it.
    /// - Returns: What the reader keeps, and whether it can go on.
    @discardableResult
    package mutating func skip(
        _ length: UInt64?, at place: RecordPlace, into output: inout TLSOutput
    ) -> Status {
        guard ending == nil else { return status }
        bench.advance(to: place.origin.packet)
        if agreement?.waiting != nil { releaseWaiting(into: &output) }
        lose(length, at: place, into: &output)
        return status
    }

    /// Where the state is that each record changes, for prefetching.
    package var hotState: UnsafeRawBufferPointer? {
        unsafe sides.address.map { unsafe UnsafeRawBufferPointer(start: $0, count: SidePool.pairSize) }
    }

    /// Prefetches what the next record will need.
    ///
    /// - Parameters:
    ///   - step: The 0-based step; each looks only at what the one before has brought, the first at ``hotState``.
    ///   - direction: The record's.
    package func prefetch(step: Int, _ direction: Direction) {
        guard !isOver, let claim = sides[direction.index].protection?.claim else { return }
        bench.prefetch(step: step, claim)
    }

    /// Whether nothing is read with it any more, since nothing more can be decrypted.
    package var isOver: Bool {
        // The sides went with ``forget()``; where they are stands close to what each record needs.
        unsafe sides.address == nil
    }

    /// Ends the reading: decrypts what waits with the secrets known so far.
    package mutating func finish(into output: inout TLSOutput) {
        guard ending == nil else { return }
        // What came after the last packet counts too.
        let packet = bench.packet
        bench.packet = .max
        defer { bench.packet = packet }
        if agreement?.waiting != nil { releaseWaiting(into: &output) }
        for direction in Direction.allCases {
            endDoubt(direction, into: &output)
            flushGap(direction, into: &output)
            endSearch(direction, into: &output)
            if sides[direction.index].obstacle == nil, sides[direction.index].failures > 0,
                !hasDecrypted(direction)
            {
                if hasSecrets(direction), !beginsMidstream {
                    blameSecrets(of: direction, into: &output)
                } else {
                    giveUp(direction, beginsMidstream ? .noHandshake : missing)
                }
            }
        }
    }

    /// What is missing if a connection has no secrets.
    var missing: TLSFacts.Obstacle { secrets == nil || secrets?.isEmpty == true ? .noKeyLog : .noSecret }

    /// Keeps what is needed until keys are agreed on.
    mutating func needAgreement() -> Agreement {
        if let agreement { return agreement }
        let new = Agreement()
        agreement = new
        return new
    }

    /// Whether there are secrets of any connection, or may come.
    var mayHaveSecrets: Bool { secrets.map { $0.mayGrow || !$0.isEmpty } ?? false }

    /// Stops decrypting a direction.
    mutating func giveUp(_ direction: Direction, _ obstacle: TLSFacts.Obstacle) {
        let index = direction.index
        sides[index].obstacle = sides[index].obstacle ?? obstacle
        removeRecord(index)
        sides[index].rare?.search = nil
        sides[index].rare?.messages = MessageCollector()
        sides[index].rare?.unopened = []
        sides[index].dropRare()
    }

    /// Stops decrypting the connection: without what both hellos say, neither direction can be read.
    mutating func giveUpBoth(_ obstacle: TLSFacts.Obstacle) {
        for direction in Direction.allCases { giveUp(direction, obstacle) }
    }
}
