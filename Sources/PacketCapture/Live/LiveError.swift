/// Why an interface cannot be captured from, or not any longer.
public struct LiveError: Error, Hashable, Sendable {
    /// What went wrong, for a caller that decides what to do about it.
    public enum Kind: Sendable {
        /// There is no such interface.
        case noInterface
        /// The system does not let this user capture.
        case noPermission
        /// The interface is not up.
        case notUp
        /// The system or libpcap did not open it; `detail` holds their words.
        case cannotOpen
        /// The filter expression is wrong, or does not suit the interface; `detail` holds libpcap's words.
        case badFilter
        /// Reading failed in the middle: the interface went down, or away; `detail` holds libpcap's words.
        case cannotRead
    }

    /// What went wrong.
    public let kind: Kind
    /// The interface's name; empty where none is concerned.
    public let interface: String
    /// More about it: words of the system or of libpcap; or empty.
    public let detail: String

    init(_ kind: Kind, _ interface: String, detail: String = "") {
        self.kind = kind
        self.interface = interface
        self.detail = detail
    }
}

extension LiveError: CustomStringConvertible {
    /// One line; what it quotes is as it came, not yet safe to print on a terminal.
    public var description: String {
        let more = detail.isEmpty ? "" : ": \(detail)"
        return switch kind {
        case .noInterface: "\(interface): there is no such interface"
        case .noPermission: "\(interface): no permission to capture\(more)"
        case .notUp: "\(interface): the interface is not up"
        case .cannotOpen:
            interface.isEmpty ? "interfaces cannot be listed\(more)" : "\(interface): cannot be opened\(more)"
        case .badFilter: "\(interface): bad filter\(more)"
        case .cannotRead: "\(interface): capturing failed\(more)"
        }
    }
}
