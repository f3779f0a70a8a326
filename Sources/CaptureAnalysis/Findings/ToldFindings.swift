/// The findings on a stream that are told once, where they come up first.
struct ToldFindings: OptionSet {
    let rawValue: UInt8

    /// Copies of its bytes differ.
    static let conflict = ToldFindings(rawValue: 1)
    /// Segments are left out, since they do not fit.
    static let outOfWindow = ToldFindings(rawValue: 2)
    /// Segments did not reach the other end.
    static let insertion = ToldFindings(rawValue: 4)
    /// Bytes of it are missing.
    static let gap = ToldFindings(rawValue: 8)
    /// Its packets are cut short.
    static let cut = ToldFindings(rawValue: 16)
    /// Acknowledgments of its end are passed over.
    static let farAcknowledgment = ToldFindings(rawValue: 32)
}
