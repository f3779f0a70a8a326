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

/// How long connections and upgrades took, in all sessions together.
struct OpeningTimes {
    /// The first so many of each count for the median.
    private static let sample = 4096

    private var connectTimes: [Int64] = []
    private var responseTimes: [Int64] = []
    /// The slowest of all, and whose.
    private var slowestConnect: (time: Int64, connection: UInt64)?
    private var slowestResponse: (time: Int64, connection: UInt64)?

    mutating func note(_ start: borrowing ConnectionStart, connection: UInt64) {
        guard let time = start.tcp.connectTime else { return }
        Self.note(time, connection, &connectTimes, &slowestConnect)
    }

    mutating func note(_ handshake: borrowing Handshake, connection: UInt64) {
        guard let time = handshake.responseTime else { return }
        Self.note(time, connection, &responseTimes, &slowestResponse)
    }

    /// What there is to say: "TCP in 0.13 ms, answer to the upgrade in 0.73 ms (medians); …".
    var words: String? {
        var parts: [String] = []
        if let slowestConnect { parts.append("TCP \(Self.words(connectTimes, slowestConnect))") }
        if let slowestResponse { parts.append("upgrade answered \(Self.words(responseTimes, slowestResponse))") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func note(
        _ time: Int64, _ connection: UInt64, _ times: inout [Int64],
        _ slowest: inout (time: Int64, connection: UInt64)?
    ) {
        if times.count < sample { times.append(time) }
        if time > slowest?.time ?? .min { slowest = (time, connection) }
    }

    private static func words(_ times: [Int64], _ slowest: (time: Int64, connection: UInt64)) -> String {
        guard times.count > 1 else { return "in \(Quantity.duration(slowest.time))" }
        let median = times.sorted()[(times.count - 1) / 2]
        return "in \(Quantity.duration(median)) (median; \(Quantity.duration(slowest.time)) at most, "
            + "#\(slowest.connection))"
    }
}
