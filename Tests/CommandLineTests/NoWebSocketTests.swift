import PacketDecoding
import TestSupport
import Testing
import WireFormat

/// A capture without WebSocket, and the expected message to a user who looked for it.
struct WithoutWebSocket: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var packets: [TimedPacket]
    var linkType: UInt32 = 1
    var status: Int32 = 0
    var words: [String]

    /// One packet with a long header and one with a short header.
    private static let quic = [[0xc3, 0, 0, 0, 1, 8], [0x40]].map { start in
        TimedPacket(
            at: Timestamp(nanoseconds: 1_700_000_000_000_000_000),
            UDPPacket(
                from: Endpoint("10.0.0.7:50000"), to: Endpoint("10.0.0.9:443"),
                payload: start + Array(repeating: 7, count: 40)
            ).ethernet())
    }

    /// Two packets of IPsec, and one of OpenVPN.
    private static let tunnels = (0..<3).map { number -> TimedPacket in
        let datagram: any IPDatagram =
            number < 2
            ? IPv4Datagram(
                from: IPAddress("10.0.0.7"), to: IPAddress("10.0.0.9"), protocolNumber: 50,
                payload: Array(repeating: 7, count: 64))
            : UDPPacket(to: Endpoint("10.0.0.9:1194"), payload: Array(repeating: 7, count: 64))
        return TimedPacket(at: Timestamp(nanoseconds: 1_700_000_000_000_000_000), datagram.ethernet())
    }

    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    static let all: [WithoutWebSocket] = [
        WithoutWebSocket(
            testDescription: "TLS",
            packets: {
                var talk = TCPConversation(from: "10.0.0.7:5000", to: "10.0.0.9:443")
                talk.open()
                talk.send([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3], from: .client)
                talk.send([0x16, 3, 3, 0, 5, 2, 0, 0, 1, 3], from: .server)
                talk.finish(first: .client)
                return talk.packets
            }(),
            words: ["no WebSocket in 1 TCP connection", "1 TLS"]),
        WithoutWebSocket(
            testDescription: "HTTP",
            packets: TCPConversation.http("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ok).packets, words: ["1 HTTP"]),
        WithoutWebSocket(
            testDescription: "an event stream",
            packets: TCPConversation.http(
                "GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"
            ).packets,
            words: ["(1 event stream)"]),
        WithoutWebSocket(
            testDescription: "long polling",
            packets: TCPConversation.http(
                "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n", ok
            ).packets,
            words: ["long polling"]),
        WithoutWebSocket(
            testDescription: "a refused upgrade",
            packets: TCPConversation.http(
                TCPConversation.upgradeRequest(), "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
            ).packets,
            words: ["1 HTTP without an accepted upgrade (1 upgrade refused)"]),
        WithoutWebSocket(
            testDescription: "nothing but SYNs",
            packets: (0..<3).flatMap { number in
                var talk = TCPConversation(from: "10.0.0.7:500\(number)")
                talk.open()
                return talk.packets.prefix(1)
            },
            words: ["3 TCP connections", "3 without data (3 unanswered)"]),
        WithoutWebSocket(
            testDescription: "connections that were there before",
            packets: {
                var talk = TCPConversation()
                talk.open()
                talk.send([0xff, 0xfe, 0x80, 0x01, 7, 7, 7, 7], from: .client)
                return Array(talk.packets.dropFirst(3))
            }(),
            words: ["begun before the capture"]),
        WithoutWebSocket(
            testDescription: "a connection that was there before, and says much",
            packets: {
                var talk = TCPConversation()
                for _ in 0..<70 { talk.send([UInt8](repeating: 0xff, count: 1000), from: .client) }
                return talk.packets
            }(),
            words: ["1 begun before the capture", "1 without frames in their first bytes, not searched further"]),
        WithoutWebSocket(
            testDescription: "proxies behind proxies",
            packets: {
                var talk = TCPConversation()
                talk.open()
                for _ in 0..<5 {
                    talk.send("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", from: .client)
                    talk.send("HTTP/1.1 200 OK\r\n\r\n", from: .server)
                }
                return talk.packets
            }(),
            words: ["1 HTTP", "1 given up after too many proxies"]),
        WithoutWebSocket(
            testDescription: "UDP", packets: [.udp],
            words: ["none of 1 packets is TCP\n"]),
        WithoutWebSocket(
            testDescription: "tunnels", packets: tunnels,
            words: ["none of 3 packets is TCP; tunnels that are not decoded: IPsec ESP in 2, OpenVPN in 1 packets\n"]),
        WithoutWebSocket(
            testDescription: "QUIC", packets: quic,
            words: ["none of 2 packets is TCP; QUIC (HTTP/3, not decoded) in 2 UDP packets\n"]),
        WithoutWebSocket(
            testDescription: "QUIC whose handshake is not in the capture", packets: Array(quic.suffix(1)),
            words: ["none of 1 packets is TCP; 1 UDP packet on port 443 or 80, perhaps QUIC (not decoded)\n"]),
        WithoutWebSocket(
            testDescription: "a link type that is not supported",
            packets: [.udp], linkType: 147, status: 2,
            words: ["link type 147", "not supported"]),
    ]
}

@Suite("A capture without WebSocket")
struct NoWebSocketTests {
    @Test("gets a line on what it contains instead", arguments: WithoutWebSocket.all)
    func words(capture: WithoutWebSocket) throws {
        let folder = try ScratchFolder()
        let file = try folder.write("capture.pcap", capture.packets.pcap(linkType: capture.linkType))
        for format in ["timeline", "summary", "jsonl"] {
            let run = try Wstap.run([file, "--format", format])
            #expect(run.status == capture.status)
            #expect(run.errors.hasPrefix("wstap: ") && run.errors.split(separator: "\n").count == 1)
            for words in capture.words { #expect(run.errors.contains(words)) }
        }
        let quiet = try Wstap.run([file, "-q"])
        #expect(quiet.status == capture.status)
        if capture.status == 0 { #expect(quiet.errors == "") }
    }
}
