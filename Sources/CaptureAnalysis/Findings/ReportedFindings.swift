import WebSocketProtocol

/// The findings on a stream that are reported once, where they come up first.
struct ReportedFindings: OptionSet {
    let rawValue: UInt16

    /// Copies of its bytes differ.
    static let conflict = ReportedFindings(rawValue: 1)
    /// Segments are left out, since they do not fit.
    static let outOfWindow = ReportedFindings(rawValue: 2)
    /// The other end has not accepted segments.
    static let insertion = ReportedFindings(rawValue: 4)
    /// Bytes of it are missing.
    static let gap = ReportedFindings(rawValue: 8)
    /// Its packets are cut short.
    static let cut = ReportedFindings(rawValue: 16)
    /// Acknowledgments of its end are passed over.
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
    /// A RST of its sender counted, and ended nothing.
    static let survivedReset = ReportedFindings(rawValue: 2048)
    /// Text stands in place of its first frame.
    static let text = ReportedFindings(rawValue: 4096)
}

extension Session {
    /// Whether a finding on a stream is the first of its kind; asked once.
    mutating func reportsFirst(_ finding: ReportedFindings, of role: Role) -> Bool {
        streams[role.index].reported.insert(finding).inserted
    }

    /// Learns how many bytes packets of an end lacked by now that were cut short.
    ///
    /// - Returns: Whether they have become more.
    mutating func learnsCut(_ bytes: UInt64, of role: Role) -> Bool {
        defer { streams[role.index].cutBytes = bytes }
        return bytes > streams[role.index].cutBytes
    }
}
