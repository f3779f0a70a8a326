import WireFormat

/// A record that is not complete yet.
///
/// Most connections have none: ``PartialRecordPool`` keeps some that are not used.
@safe
final class PartialRecord {
    /// Its bytes, from its header on.
    var bytes: [UInt8] {
        _read { yield unsafe uncheckedBytes }
        _modify { yield unsafe &uncheckedBytes }
    }
    // Nothing that changes them can reach the record, so checks for overlapping access would find nothing.
    @exclusivity(unchecked) private var uncheckedBytes: [UInt8] = []
    /// Where in the carrying stream it begins.
    var start: UInt64 = 0
    /// Bytes of it that are lost, or not needed since others are.
    var lostCount = 0

    /// The bytes of memory that it keeps.
    var cost: Int { 64 &+ 2 &* bytes.count }

    /// Its header; nil if it is not there yet, or is none.
    var header: RecordHeader? {
        let bytes = bytes
        return RecordHeader(bytes.span)
    }

    /// How many bytes are missing, of it or of its header.
    var missing: Int {
        guard bytes.count >= RecordHeader.size else { return RecordHeader.size &- bytes.count }
        let length = Int(bytes[3]) << 8 | Int(bytes[4])
        return RecordHeader.size &+ length &- bytes.count &- lostCount
    }

    /// Takes bytes, as many as are missing.
    ///
    /// - Returns: How many.
    func take(_ new: Span<UInt8>) -> Int {
        let count = min(missing, new.count)
        if lostCount > 0 {
            // It cannot be verified any more.
            lostCount &+= count
        } else {
            bytes.append(copying: new.extracting(first: count))
        }
        return count
    }

    /// Takes bytes that do not complete it.
    ///
    /// - Returns: By how much ``cost`` has grown; nil if nothing has changed.
    func gatherMore(_ new: Span<UInt8>) -> Int? {
        guard lostCount == 0, bytes.count >= RecordHeader.size, new.count < missing else { return nil }
        bytes.append(copying: new)
        return 2 &* new.count
    }
}

/// Incomplete records that are not used, with the room for their bytes.
struct PartialRecordPool {
    /// The most that are kept.
    private static let countLimit = 8
    /// The most room that one may keep, in bytes.
    private static let longestRoom = 40 << 10

    private var records: [PartialRecord] = []

    /// The bytes that they take at most.
    var byteCount: Int { records.count &* Self.longestRoom }

    /// Lends an empty record that begins at `start` of the carrying stream.
    mutating func take(at start: UInt64) -> PartialRecord {
        let record = records.popLast() ?? PartialRecord()
        record.start = start
        return record
    }

    /// Takes a record back, within reason.
    mutating func giveBack(_ record: PartialRecord) {
        guard records.count < Self.countLimit, record.bytes.capacity <= Self.longestRoom else { return }
        record.bytes.removeAll(keepingCapacity: true)
        record.lostCount = 0
        records.append(record)
    }
}
