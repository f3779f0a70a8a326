import WireFormat

/// A record of which bytes are still to come.
///
/// Most connections have none: ``CipherBench`` keeps some that are not used, with their room.
final class PartialRecord {
    /// Its bytes, from its header on.
    var bytes: [UInt8] = []
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
}
