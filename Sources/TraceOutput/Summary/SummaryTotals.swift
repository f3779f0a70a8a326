import CaptureAnalysis

/// What compression achieved in all sessions together.
struct CompressionTotals {
    private var sessions: UInt64 = 0
    private var total = SessionEnd.Compression(parameters: nil)

    /// Adds a session that has ended.
    mutating func record(_ end: borrowing SessionEnd) {
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

    /// The line of the page; nil if no session negotiated compression.
    var message: String? {
        guard sessions > 0 else { return nil }
        return "in \(Quantity.count(sessions, "session")): " + CompressionMessage.text(total)
    }
}

/// How long TCP connections and upgrades took, in all sessions together.
struct OpeningTimes {
    /// The number of times of each kind, from the first on, from which the median is computed.
    private static let sample = 4096

    private var connectTimes: [Int64] = []
    private var responseTimes: [Int64] = []
    /// The slowest of all, with its session.
    private var slowestConnect: (time: Int64, session: SessionID)?
    private var slowestResponse: (time: Int64, session: SessionID)?

    mutating func record(_ start: borrowing ConnectionStart, session: SessionID) {
        guard let time = start.tcp.connectTime else { return }
        Self.record(time, session, &connectTimes, &slowestConnect)
    }

    mutating func record(_ handshake: borrowing Handshake, session: SessionID) {
        guard let time = handshake.responseTime else { return }
        Self.record(time, session, &responseTimes, &slowestResponse)
    }

    /// The line of the page, for example "TCP in 0.13 ms, upgrade answered in 0.73 ms"; nil if no time is known.
    var message: String? {
        var parts: [String] = []
        if let slowestConnect { parts.append("TCP \(Self.text(connectTimes, slowestConnect))") }
        if let slowestResponse { parts.append("upgrade answered \(Self.text(responseTimes, slowestResponse))") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func record(
        _ time: Int64, _ session: SessionID, _ times: inout [Int64],
        _ slowest: inout (time: Int64, session: SessionID)?
    ) {
        if times.count < sample { times.append(time) }
        if time > slowest?.time ?? .min { slowest = (time, session) }
    }

    private static func text(_ times: [Int64], _ slowest: (time: Int64, session: SessionID)) -> String {
        guard times.count > 1 else { return "in \(Quantity.duration(slowest.time))" }
        let median = times.sorted()[(times.count - 1) / 2]
        return "in \(Quantity.duration(median)) (median; slowest "
            + "\(Quantity.duration(slowest.time)), #\(slowest.session))"
    }
}

extension CaptureLosses {
    /// The line of the page: "0 packets by the kernel, 0 by the interface".
    var message: String {
        let lines = undisplayedLines > 0 ? "; \(Quantity.count(undisplayedLines, "line")) not shown" : ""
        return Quantity.count(droppedByKernel, "packet") + " by the kernel, \(droppedByInterface) by the interface"
            + lines
    }
}
