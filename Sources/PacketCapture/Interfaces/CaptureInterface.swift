import CPcap
public import WireFormat

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A network interface that packets can be captured from.
public struct CaptureInterface: Hashable, Sendable {
    /// An address of an interface.
    public struct Address: Hashable, Sendable {
        /// An IPv4 or IPv6 address in the usual notation.
        public let text: String
        /// The length of the network prefix in bits; nil if unknown.
        public let prefixLength: Int?
    }

    /// The name that ``LiveOptions/interface`` takes.
    public let name: String
    /// A description by libpcap or the system; nil if there is none.
    public let description: String?
    /// The IPv4 and IPv6 addresses.
    public let addresses: [Address]
    /// Whether it is up.
    public let isUp: Bool
    /// Whether it is running, if the system knows.
    public let isRunning: Bool
    /// Whether it is a loopback interface.
    public let isLoopback: Bool
    /// Whether it is wireless.
    public let isWireless: Bool
    /// Whether it is connected; nil if unknown.
    public let isConnected: Bool?
    /// The link type of its packets; nil if it cannot be opened.
    public let linkType: LinkType?
}

extension CaptureInterface {
    /// All network interfaces, and "any", in libpcap's order: the likeliest choices first.
    ///
    /// Each is opened briefly to learn its link type. libpcap's other sources (USB, Bluetooth, D-Bus, netfilter) carry
    /// no TCP and are not listed.
    ///
    /// - Throws: `cannotOpen` if the interfaces cannot be listed.
    public static func all() throws(LiveError) -> [CaptureInterface] {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        var first: UnsafeMutablePointer<pcap_if_t>?
        guard unsafe pcap_findalldevs(&first, &message) == 0 else {
            let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
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

    /// Converts libpcap's description; nil if it is not a network interface.
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
    /// Converts an IPv4 or IPv6 address; nil for any other.
    fileprivate init?(_ entry: pcap_addr_t) {
        guard let address = unsafe entry.addr else { return nil }
        let family = unsafe Int32(address.pointee.sa_family)
        guard let bytes = unsafe CaptureInterface.Address.bytes(address, family) else { return nil }
        text = CaptureInterface.Address.text(bytes, family)
        let mask = unsafe entry.netmask.flatMap { unsafe CaptureInterface.Address.bytes($0, family) }
        prefixLength = mask.map { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
    }

    /// The bytes of the IP address in a socket address; nil if it is neither IPv4 nor IPv6.
    private static func bytes(_ address: UnsafeMutablePointer<sockaddr>, _ family: Int32) -> [UInt8]? {
        let offset: Int?
        let count: Int
        switch family {
        case AF_INET: (offset, count) = (MemoryLayout<sockaddr_in>.offset(of: \.sin_addr), 4)
        case AF_INET6: (offset, count) = (MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr), 16)
        default: return nil
        }
        guard let offset else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(address) + offset, count: count))
    }

    private static func text(_ bytes: [UInt8], _ family: Int32) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = unsafe inet_ntop(family, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Whether an interface is up.
package enum InterfaceState: Sendable {
    case up
    /// It is down; packets may come again.
    case down
    /// It does not exist, or its state is unknown.
    case unknown

    /// Asks the system; the state of "any" is unknown.
    package init(of interface: String) {
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
