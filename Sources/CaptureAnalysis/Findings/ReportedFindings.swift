import WebSocketProtocol

/// The findings on a stream that are reported only once, at their first occurrence.
struct ReportedFindings: OptionSet {
    let rawValue: UInt16

    /// Copies of its bytes differ.
    static let conflict = ReportedFindings(rawValue: 1)
    /// Segments are ignored, since they do not fit.
    static let outOfWindow = ReportedFindings(rawValue: 2)
    /// The other end has not accepted segments.
    static let insertion = ReportedFindings(rawValue: 4)
    /// Bytes of it are missing.
    static let gap = ReportedFindings(rawValue: 8)
    /// Its packets are cut short.
    static let cut = ReportedFindings(rawValue: 16)
    /// Acknowledgments of its sender are ignored.
    static let farAcknowledgment = ReportedFindings(rawValue: 32)
    /// The capture's clock runs backwards; kept with the client's stream.
    static let timeBackwards = ReportedFindings(rawValue: 64)
    /// It was sent before the upgrade was accepted.
    static let early = ReportedFindings(rawValue: 128)
    /// Segments did not reach the other end.
    static let shortHopLimit = ReportedFindings(rawValue: 256)
    /// A RST of its sender did not count.
    static let ignoredReset = ReportedFindings(rawValue: 512)
    /// A byte is out of band.
    static let urgent = ReportedFindings(rawValue: 1024)
    /// A RST of its sender counted, but ended nothing.
    static let survivedReset = ReportedFindings(rawValue: 2048)
    /// Text is in place of its first frame.
    static let text = ReportedFindings(rawValue: 4096)
}

extension Session {
    /// Whether a finding on a stream is the first of its kind; records it.
    mutating func reportsFirst(_ finding: ReportedFindings, of role: Role) -> Bool {
        streams[role.index].reported.insert(finding).inserted
    }

    /// Updates the number of bytes that cut packets of an end lack.
    ///
    /// - Returns: Whether the number has grown.
    mutating func learnsCut(_ bytes: UInt64, of role: Role) -> Bool {
        defer { streams[role.index].cutBytes = bytes }
        return bytes > streams[role.index].cutBytes
    }
}
