import HTTPUpgrade
package import PacketDecoding
import WebSocketProtocol

/// What a capture holds beside WebSocket, for the words that help a user who finds none.
public struct OtherTraffic: Sendable, Equatable {
    /// Connections that began with a TLS record.
    public var tls: UInt64 = 0
    /// Connections that began with the HTTP/2 preface.
    public var http2: UInt64 = 0
    /// Connections with HTTP/1 exchanges and no upgrade to WebSocket.
    public var http: UInt64 = 0
    /// Of those, ones with a response of type text/event-stream.
    public var eventStreams: UInt64 = 0
    /// Of those, ones that poll: with Engine.IO's or SockJS's polling transports, or five GETs in a row for a path.
    public var longPolling: UInt64 = 0
    /// Connections that never carried a byte.
    public var silent: UInt64 = 0
    /// Of those, ones whose SYN was answered by a RST.
    public var refused: UInt64 = 0
    /// Of those, ones of which the capture has nothing but SYNs.
    public var unanswered: UInt64 = 0
    /// Connections whose first bytes are of no known kind.
    public var unknown: UInt64 = 0
    /// Connections that began before the capture.
    public var midstream: UInt64 = 0
    /// Connections whose bytes were not all searched for sessions that began before the capture, for lack of memory.
    public var unsearched: UInt64 = 0
    /// Connections given up since the head of an HTTP message was too long, or too many were incomplete.
    public var oversizedHeads: UInt64 = 0
    /// Connections given up because of too many proxies in a row.
    public var proxyChains: UInt64 = 0
    /// Connections begun before the capture of which a stream was given up, since no frames were found in its first
    /// bytes.
    public var searchesAbandoned: UInt64 = 0
    /// Connections forgotten before they were over, since too many were open; sessions have a finding each.
    public var evicted: UInt64 = 0
    /// Connections given up since too many bytes of one end waited for the other's answer.
    public var waitedTooLong: UInt64 = 0
    /// Packets that are not TCP.
    public var packetsNotTCP: UInt64 = 0
    /// Of those, UDP packets with a long header of QUIC (RFC 9000 17.2).
    public var quicPackets: UInt64 = 0
    /// Of those, further UDP packets of ports 443 and 80, where QUIC's short headers look like any bytes.
    public var webUDPPackets: UInt64 = 0
    /// Of those, packets in tunnels that are not decoded.
    package var tunnels: [UndecodedTunnel: UInt64] = [:]
    /// IP fragments of datagrams that are not complete.
    public var fragments: UInt64 = 0
}

extension OtherTraffic {
    /// Counts a packet of UDP, or in a tunnel that is not decoded.
    mutating func count(_ service: UDPService) {
        packetsNotTCP &+= 1
        switch service {
        case .quic: quicPackets &+= 1
        case .webPort: webUDPPackets &+= 1
        case .tunnel(let tunnel): tunnels[tunnel, default: 0] &+= 1
        case .other: break
        }
    }

    /// Counts a connection without an open session by what was seen on it.
    mutating func count(_ traffic: HTTPTraffic) {
        guard traffic.contains(.exchanges) else {
            unknown &+= 1
            return
        }
        http &+= 1
        if traffic.contains(.eventStream) { eventStreams &+= 1 }
        if traffic.contains(.polling) { longPolling &+= 1 }
    }
}
