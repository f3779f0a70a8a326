import ArgumentParser
import CaptureAnalysis
import PacketDecoding

/// What to treat as WebSocket even without an upgrade.
struct DetectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Treat connections to these server ports as WebSocket: \"8080,9001\".", valueName: "list"))
    var port: [PortList] = []

    @Option(
        help: ArgumentHelp(
            "Treat connections to this server as WebSocket: \"10.0.0.9:8080\", \"[::1]:80\".",
            valueName: "host:port"))
    var assumeWebsocket: [ServerAddress] = []

    /// The servers that both options name.
    var servers: AssumedServers {
        var servers = AssumedServers()
        servers.ports = Set(port.flatMap(\.ports))
        servers.endpoints = Set(assumeWebsocket.map(\.endpoint))
        return servers
    }
}

/// A list of ports, "80,8080".
struct PortList: ExpressibleByArgument {
    var ports: [UInt16]

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        ports = words.compactMap { UInt16($0) }
        guard ports.count == words.count else { return nil }
    }
}

/// An address and a port, "10.0.0.9:8080" or "[::1]:80".
struct ServerAddress: ExpressibleByArgument {
    var endpoint: Endpoint

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...])
        else { return nil }
        let host = argument[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard let address = ServerAddress.address(isBracketed ? String(host.dropFirst().dropLast()) : String(host))
        else {
            return nil
        }
        endpoint = Endpoint(address: address, port: port)
    }

    private static func address(_ text: String) -> IPAddress? {
        var ipv4 = in_addr()
        if inet_pton(AF_INET, text, &ipv4) == 1 { return IPAddress(ipv4: UInt32(bigEndian: ipv4.s_addr)) }
        var ipv6 = in6_addr()
        guard inet_pton(AF_INET6, text, &ipv6) == 1 else { return nil }
        let bits = withUnsafeBytes(of: ipv6) { $0.loadUnaligned(as: UInt128.self) }
        return IPAddress(ipv6: UInt128(bigEndian: bits))
    }
}
