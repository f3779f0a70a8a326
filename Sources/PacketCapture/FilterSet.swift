import WireFormat

/// A filter expression for packets of any link type, compiled once for each that comes.
///
/// Packets of a link type that the expression does not suit do not match: "ether host …" on a file that also holds raw IP
/// finds what there is on Ethernet.
struct FilterSet {
    private let expression: String
    private var filters: [LinkType: PacketFilter?] = [:]
    /// The link type of the last packet, and its filter.
    private var latest: (linkType: LinkType, filter: PacketFilter?)

    /// Compiles `expression` for the first link type of a file.
    ///
    /// - Parameters:
    ///   - expression: What the user asked for.
    ///   - linkType: The file's first.
    ///   - isOnly: Whether all packets have this link type; otherwise an expression that suits Ethernet will do.
    /// - Throws: Libpcap's words where the expression is wrong, or does not suit the link type.
    init(_ expression: String, for linkType: LinkType, isOnly: Bool) throws(FilterError) {
        self.expression = expression
        do throws(FilterError) {
            latest = (linkType, try PacketFilter(expression, for: linkType))
        } catch {
            guard !isOnly, (try? PacketFilter(expression, for: .ethernet)) != nil else { throw error }
            latest = (linkType, nil)
        }
        filters[linkType] = .some(latest.filter)
    }

    /// Whether the packet is one of those asked for.
    mutating func matches(_ record: CapturedRecord) -> Bool {
        if unsafe record.linkType != latest.linkType { unsafe change(to: record.linkType) }
        guard let filter = latest.filter else { return false }
        return unsafe filter.matches(record)
    }

    private mutating func change(to linkType: LinkType) {
        let filter = filters[linkType] ?? (try? PacketFilter(expression, for: linkType))
        filters[linkType] = .some(filter)
        latest = (linkType, filter)
    }
}
