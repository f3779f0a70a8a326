import WireFormat

/// The interfaces described in a written pcapng file, by name and link type: the opened one and, if that is "any" or
/// there is none, each interface that a packet came from.
struct WrittenInterfaces {
    private struct Interface: Hashable {
        var name: [UInt8]
        var linkType: LinkType
    }

    private var numbers: [Interface: UInt32] = [:]
    private var latest: (interface: Interface, number: UInt32)?
    /// Whether packets without a name belong to the first interface.
    private let hasDefault: Bool

    /// The most that wstap itself reads.
    private static let capacity = 65_536
    /// Packets of further interfaces are attributed to the first interface if it has the same link type, else to one
    /// without a name.
    ///
    /// The rest of the capacity is enough for those, since wstap decodes fewer link types.
    private static let namedCapacity = capacity - 256

    /// Creates a set with one interface that is already described.
    init(first: String, _ linkType: LinkType) {
        let interface = Interface(name: Array(first.utf8), linkType: linkType)
        latest = (interface, 0)
        numbers = [interface: 0]
        hasDefault = true
    }

    /// Creates an empty set.
    init() {
        hasDefault = false
    }

    /// The 0-based number of an interface in the file.
    ///
    /// - Parameters:
    ///   - name: Its name; empty if it has none.
    ///   - linkType: The link type of its packets.
    ///   - describe: Called to write the description of an interface that has none yet.
    /// - Returns: The number.
    mutating func number(of name: Span<UInt8>, _ linkType: LinkType, describe: ([UInt8]) -> Void) -> UInt32 {
        if let latest, isSame(latest.interface, name, linkType) { return latest.number }
        guard !name.isEmpty || !hasDefault else { return 0 }
        var interface = Interface(
            name: unsafe name.withUnsafeBufferPointer { unsafe Array($0) }, linkType: linkType)
        if let known = numbers[interface] {
            latest = (interface, known)
            return known
        }
        if numbers.count >= Self.namedCapacity {
            guard !hasDefault else { return 0 }
            let named = interface
            interface.name = []
            if let known = numbers[interface] {
                latest = (named, known)
                return known
            }
        }
        guard numbers.count < Self.capacity else { return 0 }
        let number = UInt32(numbers.count)
        latest = (interface, number)
        numbers[interface] = number
        describe(interface.name)
        return number
    }

    private func isSame(_ interface: Interface, _ name: Span<UInt8>, _ linkType: LinkType) -> Bool {
        interface.linkType == linkType && name.count == interface.name.count
            && name.indices.allSatisfy { name[$0] == interface.name[$0] }
    }
}
