import WireFormat

extension TLSReader {
    /// One direction of a connection.
    struct Side {
        /// The incomplete record, from its header on.
        var record: [UInt8] = []
        /// Where in the carrying stream it begins.
        var recordStart: UInt64 = 0
        /// Bytes of it that are lost, or not needed since others are.
        var recordLost = 0
        /// The search for the next record, after lost bytes that hide where it begins.
        var search: RecordSearch?
        /// Handshake messages.
        var messages = MessageCollector()
        /// The keys that have opened a record.
        var protection: RecordProtection?
        /// Whether records are encrypted: in TLS 1.2 and before, since ChangeCipherSpec.
        var isProtected = false
        /// The epoch whose keys come next, after Finished (RFC 8446 4.4.4).
        var expected: RecordProtection.Epoch?
        /// How far the number of the next record may be off, since records were lost or not genuine.
        var doubt = 0
        /// What separates the explicit part of nonces from the sequence (TLS 1.2); nil if that is not known.
        var counterDistance: UInt64?
        /// Plaintext that was lost in front of the next record: to be reported with it.
        var pendingGap: PendingGap?
        /// Whether plaintext has been decrypted.
        var hasPlaintext = false
        /// Records that no secret has opened, before one did.
        var failures = 0
        /// Findings on records that are not genuine.
        var badRecords = 0
        /// Why nothing more is decrypted.
        var obstacle: TLSFacts.Obstacle?
        /// Whether records wait in the queue.
        var isHeld = false

        /// The bytes that it keeps.
        var cost: Int { record.capacity &+ messages.cost &+ (search?.cost ?? 0) }

        /// The header of the current record; nil if it is not there yet, or is none.
        var header: RecordHeader? { RecordHeader(record.span) }

        /// How many bytes are missing of the current record, or of its header.
        var missing: Int {
            guard record.count >= RecordHeader.size else { return RecordHeader.size &- record.count }
            let length = Int(record[3]) << 8 | Int(record[4])
            return RecordHeader.size &+ length &- record.count &- recordLost
        }

        /// Drops the current record.
        mutating func removeRecord() {
            // Room for small records stays: most connections go on with such.
            record.removeAll(keepingCapacity: record.capacity <= 512)
            recordLost = 0
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
