import CPcap
public import WireFormat

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An interface that may be captured from.
public struct CaptureInterface: Hashable, Sendable {
    /// An address of it.
    public struct Address: Hashable, Sendable {
        /// IPv4 or IPv6, in the usual notation.
        public let text: String
        /// How many of its bits name the network; nil where that is not known.
        public let prefixLength: Int?
    }

    /// Its name: what ``LiveOptions/interface`` takes.
    public let name: String
    /// What libpcap or the system knows it as; nil where they tell nothing.
    public let description: String?
    /// Its IPv4 and IPv6 addresses.
    public let addresses: [Address]
    /// Whether it is up.
    public let isUp: Bool
    /// Whether it runs, as far as it tells.
    public let isRunning: Bool
    /// Whether it leads back to this machine.
    public let isLoopback: Bool
    /// Whether it is wireless.
    public let isWireless: Bool
    /// Whether something is at the other end; nil where it does not tell.
    public let isConnected: Bool?
    /// What the first bytes of its packets are; nil where it cannot be opened.
    public let linkType: LinkType?
}

extension CaptureInterface {
    /// The network interfaces, and "any", in libpcap's order: those that are most likely to be meant first.
    ///
    /// Each is opened for a moment to learn its link type. What libpcap can capture from beside them (USB, Bluetooth,
    /// D-Bus, netfilter) holds no TCP, and is left out.
    ///
    /// - Throws: `cannotOpen`.
    public static func all() throws(LiveError) -> [CaptureInterface] {
        var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        var first: UnsafeMutablePointer<pcap_if_t>?
        guard unsafe pcap_findalldevs(&first, &words) == 0 else {
            let text = String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw LiveError(.cannotOpen, "", detail: text)
        }
        defer { unsafe pcap_freealldevs(first) }
        var interfaces: [CaptureInterface] = []
        var next = unsafe first
        while let entry = unsafe next {
            if let interface = unsafe CaptureInterface(entry.pointee) { interfaces.append(interface) }
            unsafe next = entry.pointee.next
        }
        return interfaces
    }

    /// What libpcap says of an interface; nil where it belongs to no network.
    private init?(_ entry: pcap_if_t) {
        name = unsafe String(cString: entry.name)
        guard unsafe name == "any" || if_nametoindex(entry.name) != 0 else { return nil }
        description = unsafe entry.description.map { unsafe String(cString: $0) }
        var addresses: [Address] = []
        var next = unsafe entry.addresses
        while let address = unsafe next {
            if let address = unsafe Address(address.pointee) { addresses.append(address) }
            unsafe next = address.pointee.next
        }
        self.addresses = addresses
        let flags = unsafe entry.flags
        isUp = flags & UInt32(PCAP_IF_UP) != 0
        isRunning = flags & UInt32(PCAP_IF_RUNNING) != 0
        isLoopback = flags & UInt32(PCAP_IF_LOOPBACK) != 0
        isWireless = flags & UInt32(PCAP_IF_WIRELESS) != 0
        isConnected =
            switch flags & UInt32(PCAP_IF_CONNECTION_STATUS) {
            case UInt32(PCAP_IF_CONNECTION_STATUS_CONNECTED): true
            case UInt32(PCAP_IF_CONNECTION_STATUS_DISCONNECTED): false
            default: nil
            }
        linkType = CaptureInterface.linkType(of: name)
    }

    private static func linkType(of name: String) -> LinkType? {
        var options = LiveOptions(interface: name)
        options.isPromiscuous = false
        options.bufferSize = 1 << 20
        guard let device = try? LiveDevice(options) else { return nil }
        return device.linkType
    }
}

extension CaptureInterface.Address {
    /// An IPv4 or IPv6 address; nil of any other.
    fileprivate init?(_ entry: pcap_addr_t) {
        guard let address = unsafe entry.addr else { return nil }
        let family = unsafe Int32(address.pointee.sa_family)
        guard let bytes = unsafe CaptureInterface.Address.bytes(address, family) else { return nil }
        text = CaptureInterface.Address.text(bytes, family)
        let mask = unsafe entry.netmask.flatMap { unsafe CaptureInterface.Address.bytes($0, family) }
        prefixLength = mask.map { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
    }

    /// The bytes of an address inside one for sockets of a family; nil where it is neither IPv4 nor IPv6.
    private static func bytes(_ address: UnsafeMutablePointer<sockaddr>, _ family: Int32) -> [UInt8]? {
        let place: Int?
        let count: Int
        switch family {
        case AF_INET: (place, count) = (MemoryLayout<sockaddr_in>.offset(of: \.sin_addr), 4)
        case AF_INET6: (place, count) = (MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr), 16)
        default: return nil
        }
        guard let place else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(address) + place, count: count))
    }

    private static func text(_ bytes: [UInt8], _ family: Int32) -> String {
        var words = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = unsafe inet_ntop(family, bytes, &words, socklen_t(words.count))
        return String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What an interface does, beside its packets.
public enum InterfaceState: Sendable {
    /// It is up.
    case up
    /// It is down; packets may come again.
    case down
    /// There is none of this name, or nothing is known of it.
    case unknown

    /// Asks the system; nothing is known of "any".
    public init(of interface: String) {
        self = .unknown
        var request = unsafe ifreq()
        let length = Int(IF_NAMESIZE)
        let name = Array(interface.utf8.prefix(length))
        guard !name.isEmpty, name.count < length else { return }
        unsafe withUnsafeMutableBytes(of: &request) { unsafe $0.copyBytes(from: name) }
        #if canImport(Darwin)
            let descriptor = socket(AF_INET, SOCK_DGRAM, 0)
        #elseif canImport(Musl)
            let descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)
        #else
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        #endif
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard unsafe ioctl(descriptor, UInt(SIOCGIFFLAGS), &request) == 0 else { return }
        let flags = unsafe request.ifr_ifru.ifru_flags
        self = Int32(flags) & Int32(IFF_UP) != 0 ? .up : .down
    }
}
