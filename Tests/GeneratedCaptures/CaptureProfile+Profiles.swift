extension CaptureProfile {
    /// Two million packets of 2,000 chats: short texts, a frame in more than half of the packets.
    public static var small: CaptureProfile {
        var profile = CaptureProfile(
            name: "small", packets: 2_000_000, connections: 2000, openAtOnce: 2000, messageLength: 60...300)
        profile.pings = 0.002
        profile.abruptEnds = 0.03
        return profile
    }

    /// A gigabyte in large binary messages, both ways at the same time.
    public static var bulk: CaptureProfile {
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
    public static var mixed: CaptureProfile {
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
    public static var noise: CaptureProfile {
        var profile = CaptureProfile(
            name: "noise", bytes: 1_000_000_000, connections: 3000, openAtOnce: 300, messageLength: 512...2_097_152)
        profile.burst = 16
        profile.otherTraffic = 1
        profile.ipv6 = 0.05
        profile.reordering = 0.002
        profile.repetition = 0.002
        return profile
    }

    /// All of them.
    public static var all: [CaptureProfile] { [small, bulk, mixed, noise] }
}
