/// The addresses and ports of a connection.
struct Flow {
    let isIPv6: Bool
    private let addresses: [[UInt8]]
    private let ports: [UInt16]

    /// - Parameters:
    ///   - number: The 0-based number of the connection; 160,000 of them differ.
    ///   - isIPv6: Whether its addresses are of IPv6.
    ///   - serverPort: The port of the server.
    ///   - server: A number below 250 for the server's address.
    init(_ number: Int, isIPv6: Bool, serverPort: Int, server: Int) {
        self.isIPv6 = isIPv6
        let host = number % 4000 + 256
        let network: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let client = UInt16(host)
        addresses =
            isIPv6
            ? [network + client.bigEndianBytes, network + UInt16(server + 1).bigEndianBytes]
            : [[10, 1] + client.bigEndianBytes, [192, 168, 0, UInt8(server + 1)]]
        ports = [UInt16(20_000 + number / 4000 % 40), UInt16(serverPort)]
    }

    func address(of end: End) -> [UInt8] { addresses[end.rawValue] }

    func port(of end: End) -> UInt16 { ports[end.rawValue] }
}

extension FixedWidthInteger {
    /// The integer in network byte order.
    var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

/// An end of a connection.
enum End: Int {
    case client
    case server

    var peer: End { self == .client ? .server : .client }
}
