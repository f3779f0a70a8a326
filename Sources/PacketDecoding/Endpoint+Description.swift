extension Endpoint: CustomStringConvertible {
    /// Address and port: 10.0.0.7:53412, or with an IPv6 address [::1]:80 (RFC 5952 6).
    public var description: String {
        address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
