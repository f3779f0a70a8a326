/// The protocol numbers that can stand between IP and TCP, tunnels among them (IANA, Protocol Numbers).
@usableFromInline
enum IPProtocol {
    static let hopByHopOptions: UInt8 = 0
    /// IP in IP (RFC 2003).
    static let ipv4: UInt8 = 4
    @inlinable static var tcp: UInt8 { 6 }
    static let udp: UInt8 = 17
    /// 6in4 (RFC 4213), and IPv6 in IPv6 (RFC 2473).
    static let ipv6: UInt8 = 41
    static let routing: UInt8 = 43
    static let fragment: UInt8 = 44
    static let gre: UInt8 = 47
    static let authenticationHeader: UInt8 = 51
    static let destinationOptions: UInt8 = 60
    static let mobility: UInt8 = 135
    /// MPLS in IP (RFC 4023).
    static let mpls: UInt8 = 137
    static let hostIdentity: UInt8 = 139
    static let shim6: UInt8 = 140
    /// Ethernet in IP, of segment routing (RFC 8986 10.1).
    static let ethernet: UInt8 = 143
}
