import CaptureAnalysis

/// What compression came to in all sessions together.
struct CompressionTotals {
    private var sessions: UInt64 = 0
    private var total = SessionEnd.Compression(parameters: nil)

    /// Counts a session that is over.
    mutating func note(_ end: borrowing SessionEnd) {
        guard let compression = end.compression else { return }
        sessions += 1
        for direction in [compression.client, compression.server] {
            total.compressedMessages &+= direction.compressedMessages
            total.uncompressedMessages &+= direction.uncompressedMessages
            total.withheldMessages &+= direction.withheldMessages
            total.compressedBytes &+= direction.compressedBytes
            total.inflatedBytes &+= direction.inflatedBytes
        }
    }

    /// What there is to say; nil where nothing was compressed, and nothing might have been.
    var words: String? {
        guard sessions > 0 else { return nil }
        return "in \(Quantity.count(sessions, "session")): " + CompressionText.words(total)
    }
}
