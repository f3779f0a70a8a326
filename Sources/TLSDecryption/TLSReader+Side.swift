import WireFormat

extension TLSReader {
    /// Both directions, in memory of their own: they are changed in place, and never copied.
    @safe
    struct Sides: ~Copyable {
        private var pointer: UnsafeMutablePointer<Side>?

        init() {
            let new = UnsafeMutablePointer<Side>.allocate(capacity: 2)
            for index in 0..<2 { unsafe (new + index).initialize(to: Side()) }
            unsafe pointer = new
        }

        deinit {
            unsafe pointer?.deinitialize(count: 2)
            unsafe pointer?.deallocate()
        }

        /// Gives the memory back: nobody may ask for a side any more.
        mutating func free() {
            unsafe pointer?.deinitialize(count: 2)
            unsafe pointer?.deallocate()
            unsafe pointer = nil
        }

        var address: UnsafeRawPointer { unsafe UnsafeRawPointer(pointer.unsafelyUnwrapped) }

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
        /// The incomplete record, from its header on.
        var record: [UInt8] = []
        /// Where in the carrying stream it begins.
        var recordStart: UInt64 = 0
        /// What is needed in handshakes and after losses only; nil if it is empty.
        var rare: Rare?
        /// The keys that have opened a record.
        var protection: RecordProtection?
        /// What separates the explicit part of nonces from the sequence (TLS 1.2), if that is known.
        var counterDistance: UInt64 = 0
        /// Bytes of the record that are lost, or not needed since others are.
        var lostCount: Int32 = 0
        /// Records that no secret has opened, before one did.
        var failures: UInt16 = 0
        /// How far the number of the next record may be off, since records were lost or not genuine.
        private(set) var doubt: UInt8 = 0
        /// Findings on records that are not genuine.
        var badRecords: UInt8 = 0
        /// Whether ``counterDistance`` is known.
        var knowsCounter = false
        /// Whether records are encrypted: in TLS 1.2 and before, since ChangeCipherSpec.
        var isProtected = false
        /// The epoch whose keys come next, after Finished (RFC 8446 4.4.4).
        var expected: RecordProtection.Epoch?
        /// Whether plaintext has been decrypted.
        var hasPlaintext = false
        /// Why nothing more is decrypted.
        var obstacle: TLSFacts.Obstacle?
        /// Whether records wait in the queue.
        var isHeld = false

        /// The same as ``lostCount``, as records are measured.
        var recordLost: Int {
            get { Int(lostCount) }
            set { lostCount = Int32(clamping: newValue) }
        }

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

        /// The bytes that it keeps.
        var cost: Int { record.capacity &+ (rare?.cost ?? 0) }

        /// The header of the current record; nil if it is not there yet, or is none.
        var header: RecordHeader? { RecordHeader(record.span) }

        /// How many bytes are missing of the current record, or of its header.
        var missing: Int {
            guard record.count >= RecordHeader.size else { return RecordHeader.size &- record.count }
            let length = Int(record[3]) << 8 | Int(record[4])
            return RecordHeader.size &+ length &- record.count &- recordLost
        }

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
        }
    }

    /// What a direction needs in handshakes and after losses only.
    final class Rare {
        var search: RecordSearch?
        /// Handshake messages.
        var messages = MessageCollector()
        var pendingGap: PendingGap?

        var isEmpty: Bool { search == nil && pendingGap == nil && messages.isIdle }
        var cost: Int { 192 &+ messages.cost &+ (search?.cost ?? 0) }
    }

    /// What is needed until keys are agreed on.
    final class Agreement {
        var serverRandom: Random?
        var sessionID: [UInt8] = []
        /// Records that wait, of both directions, in order; nil if none do.
        var waiting: WaitingRecords?
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
