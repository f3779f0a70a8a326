import WireFormat

extension TLSReader {
    /// Both directions, in memory of their own: they are changed in place, and never copied.
    ///
    /// Whoever makes them ends them.
    @safe
    struct Sides: ~Copyable {
        private var pointer: UnsafeMutablePointer<Side>?
        private let slot: Slot<SidePair>

        init(in pool: SidePool) {
            slot = pool.make()
            unsafe pointer = pool.address(of: slot).assumingMemoryBound(to: Side.self)
        }

        /// Gives the memory back: nobody may ask for a side any more.
        func end(in pool: SidePool) {
            if unsafe pointer != nil { pool.end(slot) }
        }

        /// The same before the reader's end.
        mutating func free(in pool: SidePool) {
            end(in: pool)
            unsafe pointer = nil
        }

        /// Where they are; nil after ``free(in:)``.
        var address: UnsafeRawPointer? { unsafe UnsafeRawPointer(pointer) }

        /// The side of a direction, by ``Direction/index``.
        subscript(index: Int) -> Side {
            unsafeAddress { unsafe UnsafePointer(pointer.unsafelyUnwrapped + (index & 1)) }
            unsafeMutableAddress { unsafe pointer.unsafelyUnwrapped + (index & 1) }
        }
    }

    /// One direction of a connection.
    ///
    /// Small, since 100,000 connections may be open.
    struct Side: ~Copyable {
        /// The incomplete record; nil if there is none.
        var partial: PartialRecord?
        /// What is needed in handshakes and after losses only; nil if it is empty.
        var rare: Rare?
        /// The keys that have opened a record.
        var protection: RecordProtection?
        /// Records that no secret has opened, before one did.
        var failures: UInt16 = 0
        /// How far the number of the next record may be off, since records were lost or not genuine.
        private(set) var doubt: UInt8 = 0
        /// Findings on records that are not genuine.
        var badRecords: UInt8 = 0
        /// The epoch whose keys come next, after Finished (RFC 8446 4.4.4).
        var expected: RecordProtection.Epoch?
        /// Why nothing more is decrypted.
        var obstacle: TLSFacts.Obstacle?
        private var flags: UInt8 = 0

        /// Whether records are encrypted: in TLS 1.2 and before, since ChangeCipherSpec.
        var isProtected: Bool {
            get { flags & 1 != 0 }
            set { flags = newValue ? flags | 1 : flags & ~1 }
        }

        /// Whether plaintext has been decrypted.
        var hasPlaintext: Bool {
            get { flags & 2 != 0 }
            set { flags = newValue ? flags | 2 : flags & ~2 }
        }

        /// Whether records wait in the queue.
        var isHeld: Bool {
            get { flags & 4 != 0 }
            set { flags = newValue ? flags | 4 : flags & ~4 }
        }

        /// Whether it was reported that its secrets do not fit.
        var hasWrongSecret: Bool {
            get { flags & 8 != 0 }
            set { flags = newValue ? flags | 8 : flags & ~8 }
        }

        /// Whether one record, and no more, was opened by no secret of the application.
        var isDoubted: Bool {
            get { flags & 16 != 0 }
            set { flags = newValue ? flags | 16 : flags & ~16 }
        }

        /// Whether the other end has sent data since the first record that no secret of the application has opened.
        var isAnswered: Bool {
            get { flags & 32 != 0 }
            set { flags = newValue ? flags | 32 : flags & ~32 }
        }

        /// Whether its secrets of the application seem to be wrong: a receiver ends the connection if the first record
        /// is not genuine (RFC 8446 5.2), but others have followed, or an answer.
        var isMistrusted: Bool { expected == .application && failures > 0 && (!isDoubted || isAnswered) }

        /// The search for the next record, after lost bytes that hide where it begins.
        var search: RecordSearch? {
            get { rare?.search }
            set {
                if newValue != nil || rare != nil { needRare().search = newValue }
            }
        }

        /// Plaintext that was lost in front of the next record: to be reported with it.
        var pendingGap: PendingGap? {
            get { rare?.pendingGap }
            set {
                if newValue != nil || rare != nil { needRare().pendingGap = newValue }
            }
        }

        /// The bytes that it takes at most.
        var cost: Int { (partial?.cost ?? 0) &+ (rare?.cost ?? 0) }

        /// What is rarely needed.
        mutating func needRare() -> Rare {
            if let rare { return rare }
            let new = Rare()
            rare = new
            return new
        }

        /// Forgets what is rarely needed, if nothing of it is any more.
        mutating func dropRare() {
            if let rare, rare.isEmpty { self.rare = nil }
        }

        /// The number of the next record is less certain.
        mutating func raiseDoubt() { doubt = min(doubt &+ 1, 64) }

        /// A record was genuine.
        mutating func trust() {
            doubt = 0
            failures = 0
            flags &= ~(16 | 32)
        }
    }

    /// What a direction needs in handshakes and after losses only.
    final class Rare {
        var search: RecordSearch?
        /// Handshake messages.
        var messages = MessageCollector()
        var pendingGap: PendingGap?
        /// The keys after KeyUpdates that may be lost, and the key that they follow; nil if they were not needed yet.
        var updates: (after: KeyBytes, keys: [RecordProtection])?
        /// Where the first records stand that no secret has opened, as long as none of the direction, or of its part of
        /// the connection, was.
        var unopened: [RecordPlace] = []
        /// The end of the last of them in TLS 1.0, since the next one needs it; nil if there is none.
        var preceding: [UInt8]?

        var isEmpty: Bool { search == nil && pendingGap == nil && messages.isIdle && unopened.isEmpty }
        var cost: Int {
            256 &+ messages.cost &+ (search?.cost ?? 0) &+ (updates?.keys.count ?? 0) &* 256
                &+ unopened.capacity &* MemoryLayout<RecordPlace>.stride
        }
    }

    /// What is needed until keys are agreed on.
    final class Agreement {
        var serverRandom: Random?
        var sessionID: [UInt8] = []
        /// The lines of the key logs that name the connection; nil if nobody has asked.
        var lines: [KeyLogLine]?
        /// When they were read (``SecretStore/age(at:)``).
        var ageOfLines = 0
        /// Records that wait, of both directions, in order; nil if none do.
        var waiting: WaitingRecords?

        /// Whether records waited, and no secret came.
        var hasStoppedWaiting = false

        /// The bytes that it takes.
        var cost: Int {
            160 &+ sessionID.count &+ (lines?.count ?? 0) &* MemoryLayout<KeyLogLine>.stride
                &+ (waiting?.cost ?? 0)
        }
    }

    /// What is known of a connection of which nothing more can be decrypted: in two bytes, since 100,000 may be open.
    struct Ending {
        /// What kept the connection from being decrypted; nil if records of it were.
        let obstacle: TLSFacts.Obstacle?
        /// Whether both directions had their secrets, and three bits for each on what kept all of it hidden.
        private let packed: UInt8

        init(
            _ obstacle: TLSFacts.Obstacle?, isDecrypted: Bool, ofInitiator: TLSFacts.Obstacle?,
            ofResponder: TLSFacts.Obstacle?
        ) {
            self.obstacle = obstacle
            let bits: [UInt8] = [ofInitiator, ofResponder].map { ($0?.rawValue ?? 7) & 7 }
            packed = (isDecrypted ? 1 : 0) | bits[0] << 1 | bits[1] << 4
        }

        var isDecrypted: Bool { packed & 1 != 0 }

        /// What kept all of a direction from being decrypted.
        func obstacle(_ direction: Direction) -> TLSFacts.Obstacle? {
            TLSFacts.Obstacle(rawValue: packed >> (direction == .fromInitiator ? 1 : 4) & 7)
        }
    }

    /// Plaintext that was lost.
    struct PendingGap {
        /// Its length, if all lost records held data of the application; nil if that is not known.
        var length: UInt64?
        /// How many records were lost.
        var records: UInt64
        var place: RecordPlace
    }
}
