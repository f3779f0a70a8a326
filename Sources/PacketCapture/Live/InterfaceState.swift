#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

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
