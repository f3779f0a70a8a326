import HTTPUpgrade
package import PacketDecoding
import WebSocketProtocol

/// The traffic of a capture besides WebSocket, for messages to users who find none.
public struct OtherTraffic: Sendable, Equatable {
    /// Connections that began with a TLS record.
    public var tls: UInt64 = 0
    /// Connections that began with the HTTP/2 preface.
    public var http2: UInt64 = 0
    /// Connections with HTTP/1 exchanges but no upgrade to WebSocket.
    public var http: UInt64 = 0
    /// Of those, connections with a response of type text/event-stream.
    public var eventStreams: UInt64 = 0
    /// Of the HTTP/1 connections, those that poll: with a polling transport of Engine.IO or SockJS, or five GETs in a
    /// row for a path.
    public var longPolling: UInt64 = 0
    /// Connections that never carried a byte.
    public var silent: UInt64 = 0
    /// Of those, connections whose SYN was answered with a RST.
    public var refused: UInt64 = 0
    /// Of the silent connections, those of which the capture has nothing but SYNs.
    public var unanswered: UInt64 = 0
    /// Connections whose first bytes are of no known protocol.
    public var unknown: UInt64 = 0
    /// Connections that began before the capture.
    public var midstream: UInt64 = 0
    /// Connections not fully searched, for lack of memory, for sessions that began before the capture.
    public var unsearched: UInt64 = 0
    /// Connections given up because the head of an HTTP message was too long, or too many heads were incomplete.
    public var oversizedHeads: UInt64 = 0
    /// Connections given up because of too many proxies in a row.
    public var proxyChains: UInt64 = 0
    /// Connections that began before the capture and were given up in one direction, since no frames were found in its
    /// first bytes.
    public var searchesAbandoned: UInt64 = 0
    /// Connections forgotten before they were over, since too many were open; each session among them has a finding.
    public var evicted: UInt64 = 0
    /// Connections given up because too many bytes of one end waited for the other end's response.
    public var waitedTooLong: UInt64 = 0
    /// Packets that are not TCP.
    public var packetsNotTCP: UInt64 = 0
    /// Of those, UDP packets with a QUIC long header (RFC 9000 17.2).
    public var quicPackets: UInt64 = 0
    /// Of the packets that are not TCP, further UDP packets on ports 443 and 80, where QUIC's short headers look like
    /// any bytes.
    public var webUDPPackets: UInt64 = 0
    /// Of the packets that are not TCP, those in tunnels that are not decoded.
    package var tunnels: [UndecodedTunnel: UInt64] = [:]
    /// IP fragments of incomplete datagrams.
    public var fragments: UInt64 = 0
}

extension OtherTraffic {
    /// Counts a packet that is UDP, or in a tunnel that is not decoded.
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
