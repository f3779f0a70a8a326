/// The properties of a generated capture: how much of what.
public struct CaptureProfile: CustomStringConvertible, Sendable {
    /// How messages are spread over packets.
    package enum Pace: Sendable {
        /// One end sends, then the other.
        case turns
        /// Both ends send at the same time.
        case both
    }

    /// The name of the profile.
    public var name: String
    /// The approximate number of packets; nil if `bytes` counts.
    package var packets: Int?
    /// The approximate number of captured bytes; nil if `packets` counts.
    package var bytes: Int?
    /// The most connections.
    package var connections: Int
    /// The number of connections open at the same time.
    package var openAtOnce: Int
    /// The shortest and the longest message, in bytes before compression.
    package var messageLength: ClosedRange<Int>
    /// How messages are spread.
    package var pace = Pace.turns
    /// The most segments that an end sends in a row.
    package var burst = 1

    /// The cipher of the sessions; nil for none.
    public var cipher: GeneratedCipher?

    // Shares, from 0 to 1.

    /// Of connections, those that are not WebSocket: TLS, HTTP, refused upgrades, unknown protocols.
    package var otherTraffic = 0.0
    /// Of connections, those over IPv6.
    package var ipv6 = 0.0
    /// Of sessions, those with permessage-deflate.
    package var compression = 0.0
    /// Of messages, the binary ones.
    package var binary = 0.0
    /// Of messages, those in several frames.
    package var fragmentation = 0.0
    /// Of messages and fragments, those with a Ping before them.
    package var pings = 0.0
    /// Of messages, those with others right after them.
    package var coalescing = 0.0
    /// Of upgrade requests, those cut into two segments.
    package var splitHeads = 0.0
    /// Of segments, those that come late.
    package var reordering = 0.0
    /// Of segments, those that come twice.
    package var repetition = 0.0
    /// Of segments, those that begin with bytes of the one before.
    package var overlap = 0.0
    /// Of connections, those that end with a RST, and as many that do not end.
    package var abruptEnds = 0.0

    /// Creates a profile without anything unusual.
    package init(
        name: String, packets: Int? = nil, bytes: Int? = nil, connections: Int, openAtOnce: Int,
        messageLength: ClosedRange<Int>
    ) {
        self.name = name
        self.packets = packets
        self.bytes = bytes
        self.connections = connections
        self.openAtOnce = openAtOnce
        self.messageLength = messageLength
    }

    /// The name.
    public var description: String { name }

    /// The same with a part of the packets or bytes, and of the connections that come one after the other.
    public func scaled(by share: Double) -> CaptureProfile {
        var scaled = self
        scaled.packets = packets.map { Int(Double($0) * share) }
        scaled.bytes = bytes.map { Int(Double($0) * share) }
        scaled.connections = max(4, Int(Double(connections) * min(1, share)))
        scaled.openAtOnce = min(openAtOnce, scaled.connections)
        return scaled
    }
}

extension CaptureProfile {
    /// Two million packets of 2,000 chats: short texts, a frame in more than half of the packets.
    package static var small: CaptureProfile {
        var profile = CaptureProfile(
            name: "small", packets: 2_000_000, connections: 2000, openAtOnce: 2000, messageLength: 60...300)
        profile.pings = 0.002
        profile.abruptEnds = 0.03
        return profile
    }

    /// A gigabyte in large binary messages, both ways at the same time.
    package static var bulk: CaptureProfile {
        var profile = CaptureProfile(
            name: "bulk", bytes: 1_000_000_000, connections: 64, openAtOnce: 64, messageLength: 65_536...1_048_576)
        profile.pace = .both
        profile.burst = 16
        profile.binary = 1
        profile.pings = 0.01
        return profile
    }

    /// A million packets of everything: compression, fragments, IPv6, other traffic, segments late, repeated,
    /// overlapping.
    package static var mixed: CaptureProfile {
        var profile = CaptureProfile(
            name: "mixed", packets: 1_000_000, connections: 20_000, openAtOnce: 2000, messageLength: 16...16_384)
        profile.burst = 8
        profile.otherTraffic = 0.1
        profile.ipv6 = 0.1
        profile.compression = 0.2
        profile.binary = 0.3
        profile.fragmentation = 0.1
        profile.pings = 0.05
        profile.coalescing = 0.1
        profile.splitHeads = 0.03
        profile.reordering = 0.01
        profile.repetition = 0.005
        profile.overlap = 0.001
        profile.abruptEnds = 0.03
        return profile
    }

    /// A gigabyte without WebSocket.
    package static var noise: CaptureProfile {
        var profile = CaptureProfile(
            name: "noise", bytes: 1_000_000_000, connections: 3000, openAtOnce: 300, messageLength: 512...2_097_152)
        profile.burst = 16
        profile.otherTraffic = 1
        profile.ipv6 = 0.05
        profile.reordering = 0.002
        profile.repetition = 0.002
        return profile
    }

    /// `bulk` inside TLS 1.3, in records of 16 KiB.
    package static func bulkTLS(_ cipher: GeneratedCipher) -> CaptureProfile {
        var profile = bulk
        profile.name = cipher == .aes128GCM ? "bulk-tls-aes" : "bulk-tls-chacha"
        profile.cipher = cipher
        return profile
    }

    /// `small` inside TLS 1.3, with shorter messages: about 100 bytes, each in a record.
    package static var smallTLS: CaptureProfile {
        var profile = small
        profile.name = "small-tls"
        profile.messageLength = 60...140
        profile.cipher = .aes128GCM
        return profile
    }

    /// Those inside TLS.
    public static var encrypted: [CaptureProfile] { [bulkTLS(.aes128GCM), bulkTLS(.chaCha20Poly1305), smallTLS] }

    /// The same without TLS.
    public var plain: CaptureProfile {
        var plain = self
        plain.cipher = nil
        plain.name = name + "-plain"
        return plain
    }

    /// All of them without TLS.
    public static var all: [CaptureProfile] { [small, bulk, mixed, noise] }
}
