public import WireFormat

/// The totals of an analysis, including what filters hide.
public struct Summary: Sendable {
    /// Packets read.
    public var packets: UInt64 = 0
    /// Their captured bytes.
    public var bytes: UInt64 = 0
    /// TCP connections seen.
    public var tcpConnections: UInt64 = 0
    /// TCP connections on which a session was opened.
    public var webSocketConnections: UInt64 = 0
    /// Frames.
    public var frames: UInt64 = 0
    /// Complete data messages.
    public var messages: UInt64 = 0
    /// Decoded bytes of those messages.
    public var payloadBytes: UInt64 = 0
    /// Findings that are notes.
    public var notes: UInt64 = 0
    /// Findings that are warnings.
    public var warnings: UInt64 = 0
    /// Findings that are errors.
    public var errors: UInt64 = 0
    /// Gaps in sessions.
    public var gaps: UInt64 = 0
    /// Packets that could not be decoded: truncated or malformed.
    public var unreadablePackets: UInt64 = 0
    /// The losses of a live capture; nil otherwise.
    public var losses: CaptureLosses?
    /// Nanoseconds from the first packet's time to the last's.
    public var duration: Int64 = 0
    /// Link types of packets that could not be decoded because of it, each once.
    public var unsupportedLinkTypes: [LinkType] = []
    /// Groups of sessions that ended alike, the most frequent first; empty before the capture's end.
    public var patterns: [EndingPattern] = []
    /// Sessions whose ends were not compared for these patterns, since too many servers had been seen before theirs.
    public var uncomparedSessions: UInt64 = 0
    /// Silences before ends, and lifetimes, dropped from these comparisons because too many differ.
    public var forgottenTimes: UInt64 = 0
    /// Counts of TLS connections.
    public var encrypted = EncryptedConnections()
    /// The servers of TLS connections that were not decrypted, those with the most connections first; empty before the
    /// capture's end.
    public var encryptedServers: [EncryptedServer] = []
    /// Such connections to further servers.
    public var otherEncryptedConnections: UInt64 = 0
    /// Groups of such connections that ended alike, the most frequent first; empty before the capture's end.
    public var encryptedPatterns: [EndingPattern] = []
    /// The traffic of connections without WebSocket.
    public var others = OtherTraffic()
    /// Upgrade requests that were answered but not accepted.
    public var refusedUpgrades: UInt64 = 0
    /// Upgrade requests of which the capture has no response, and no frames that show it was accepted.
    public var unansweredUpgrades: UInt64 = 0
    /// Findings by rule name, in the order of the names.
    public var findingsByRule: [RuleCount] = []
    /// Sessions that negotiated or used compression.
    public var compressedSessions: UInt64 = 0
    /// The compression of all these sessions, both directions together.
    public var compression = SessionEnd.Compression(parameters: nil)
    /// The ways in which sessions ended, the most frequent first; empty before the capture's end.
    public var endings: [EndingCount] = []
    /// Sessions that ended in further ways.
    public var otherEndings: UInt64 = 0
    /// The servers with WebSocket, failed connections, polling or event streams, those with the highest counts first;
    /// empty before the capture's end.
    public var servers: [ServerTraffic] = []
    /// The counts of further servers.
    public var otherServers: UInt64 = 0
    /// Sessions that the capture holds on both sides of a proxy; empty before the capture's end.
    public var proxiedSessions: [ProxiedSession] = []
    /// Further such sessions.
    public var otherProxiedSessions: UInt64 = 0

    /// Connections without a session that were not examined to their end, because a bound was reached.
    public var connectionsGivenUp: UInt64 {
        others.oversizedHeads &+ others.proxyChains &+ others.unsearched &+ others.searchesAbandoned &+ others.evicted
            &+ others.waitedTooLong
    }
}

/// What a live capture missed or did not show, each counted since its start.
public struct CaptureLosses: Hashable, Sendable {
    /// Packets that the kernel dropped because its buffer was full.
    public var droppedByKernel: UInt64
    /// Packets that the interface or its driver dropped, as far as they report it.
    public var droppedByInterface: UInt64
    /// Lines of output dropped because its reader was too slow.
    public var undisplayedLines: UInt64

    /// Creates a record of losses.
    public init(droppedByKernel: UInt64, droppedByInterface: UInt64, undisplayedLines: UInt64) {
        self.droppedByKernel = droppedByKernel
        self.droppedByInterface = droppedByInterface
        self.undisplayedLines = undisplayedLines
    }
}

extension Summary {
    /// Adds what a part of the analysis counted on its connections; packets are counted where they are distributed.
    mutating func add(_ part: Summary) {
        tcpConnections &+= part.tcpConnections
        webSocketConnections &+= part.webSocketConnections
        frames &+= part.frames
        messages &+= part.messages
        payloadBytes &+= part.payloadBytes
        notes &+= part.notes
        warnings &+= part.warnings
        errors &+= part.errors
        gaps &+= part.gaps
        encrypted.add(part.encrypted)
        others.add(part.others)
        refusedUpgrades &+= part.refusedUpgrades
        unansweredUpgrades &+= part.unansweredUpgrades
        for count in part.findingsByRule { add(count) }
        compressedSessions &+= part.compressedSessions
        compression.add(part.compression)
    }
}

extension OtherTraffic {
    /// Adds the counts of a part.
    fileprivate mutating func add(_ part: OtherTraffic) {
        tls &+= part.tls
        http2 &+= part.http2
        http &+= part.http
        eventStreams &+= part.eventStreams
        longPolling &+= part.longPolling
        silent &+= part.silent
        refused &+= part.refused
        unanswered &+= part.unanswered
        unknown &+= part.unknown
        midstream &+= part.midstream
        unsearched &+= part.unsearched
        oversizedHeads &+= part.oversizedHeads
        proxyChains &+= part.proxyChains
        searchesAbandoned &+= part.searchesAbandoned
        evicted &+= part.evicted
        waitedTooLong &+= part.waitedTooLong
    }
}

/// The number of findings of a rule.
public struct RuleCount: Hashable, Sendable {
    /// The rule's stable name.
    public var rule: String
    /// The number of findings.
    public var findings: UInt64

    /// Creates a count.
    public init(rule: String, findings: UInt64) {
        self.rule = rule
        self.findings = findings
    }
}

extension Summary {
    /// Counts findings of a rule.
    mutating func add(_ count: RuleCount) {
        var (place, end) = (0, findingsByRule.count)
        while place < end {
            let middle = (place + end) / 2
            if findingsByRule[middle].rule < count.rule { place = middle + 1 } else { end = middle }
        }
        if place < findingsByRule.count, findingsByRule[place].rule == count.rule {
            findingsByRule[place].findings &+= count.findings
        } else {
            findingsByRule.insert(count, at: place)
        }
    }
}
