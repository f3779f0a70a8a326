/// What the fragments of one datagram have in common (RFC 791 3.2, RFC 8200 4.5).
struct DatagramKey: Hashable {
    var source: IPAddress
    var destination: IPAddress
    var identification: UInt32
    /// IPv4's protocol; 0 for IPv6, where it is no part of the key.
    var protocolNumber: UInt8
    /// The mark of the tunnels around it (``TCPSegment/tunnel``).
    var tunnel: UInt32

    func hash(into hasher: inout Hasher) {
        hasher.combine(source.bits)
        hasher.combine(destination.bits)
        hasher.combine(UInt64(identification) &<< 32 | UInt64(tunnel))
        hasher.combine(protocolNumber)
    }
}
