import ArgumentParser
import PacketCapture

/// What to capture, how, for how long, and what to keep of it.
struct LiveCaptureOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The interface; \"any\" captures from all. wstap interfaces lists them.")
    var interface: String

    @Option(
        name: [.customShort("w"), .customLong("write")],
        help: ArgumentHelp(
            "Also save the packets: as pcap if the name ends in .pcap or .cap, else as pcapng; \"-\" is standard output.",
            valueName: "file"),
        completion: .file())
    var path: String?

    @Flag(name: .customLong("write-websocket-only"), help: "Save only packets of WebSocket connections.")
    var writesWebSocketOnly = false

    @Flag(
        name: .customLong("write-secrets"),
        help: "With --write-websocket-only: also save the TLS secrets of these connections, in the same file.")
    var writesSecrets = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Stop after this many packets.", valueName: "packets"))
    var count: PositiveCount?

    @Option(help: ArgumentHelp("Stop after this time: \"90\", \"1.5s\", \"10m\", \"12h\", \"7d\".", valueName: "time"))
    var duration: TimeSpan?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Capture at most this many bytes of each packet (default: 262144).", valueName: "bytes"))
    var snaplen: Int?

    @Flag(
        name: [.customShort("p"), .customLong("no-promiscuous")],
        help: "Do not put the interface into promiscuous mode.")
    var isNotPromiscuous = false

    @Option(
        name: .customLong("buffer-size"),
        help: ArgumentHelp(
            "The kernel's capture buffer: \"512K\", \"64M\", or bytes (default: 32M).", valueName: "size"))
    var bufferSize: ByteSize?

    @Option(
        name: [.customShort("Z"), .customLong("user")],
        help: ArgumentHelp(
            "When started as root, drop to this user once the interface is open (default: the user who called sudo, or nobody).",
            valueName: "user"))
    var user: String?

    func validate() throws {
        guard 0...LiveOptions.maximumSnapLength ~= snaplen ?? 0 else {
            throw ValidationError("--snaplen must be 0 to \(LiveOptions.maximumSnapLength)")
        }
        guard bufferSize?.bytes ?? 0 <= Int(Int32.max) else {
            throw ValidationError("--buffer-size must be below 2G")
        }
        guard !writesWebSocketOnly || path != nil else {
            throw ValidationError("--write-websocket-only needs --write")
        }
        guard !writesSecrets || writesWebSocketOnly else {
            throw ValidationError("--write-secrets needs --write-websocket-only")
        }
        guard !writesSecrets || PacketFileFormat(path: path ?? "") == .pcapng else {
            throw ValidationError("--write-secrets needs a pcapng file: pcap has no place for secrets")
        }
    }

    /// How to open the interface.
    var device: LiveOptions {
        var options = LiveOptions(interface: interface)
        options.isPromiscuous = !isNotPromiscuous
        // 0 means the default, as for tcpdump.
        if let snaplen, snaplen > 0 { options.snapLength = snaplen }
        if let bufferSize { options.bufferSize = bufferSize.bytes }
        return options
    }
}

/// A number of at least 1.
struct PositiveCount: ExpressibleByArgument {
    var value: UInt64

    init?(argument: String) {
        guard let value = UInt64(argument), value > 0 else { return nil }
        self.value = value
    }
}

/// A size in bytes, "65536", "512K", "64M", "1G" (powers of 1024); 1 to 1 TiB.
struct ByteSize: ExpressibleByArgument {
    var bytes: Int

    init?(argument: String) {
        let units: [Character: Int] = ["k": 10, "m": 20, "g": 30]
        let shift = argument.lowercased().last.flatMap { units[$0] }
        let digits = shift == nil ? argument[...] : argument.dropLast()
        guard let number = Int(digits), number > 0, number <= (1 << 40) >> (shift ?? 0) else { return nil }
        bytes = number << (shift ?? 0)
    }
}

/// A span of time, "90", "1.5s", "10m", "12h", "7d"; at most 100 years.
struct TimeSpan: ExpressibleByArgument {
    var nanoseconds: UInt64

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        let unit = argument.last.flatMap { units[$0] }
        let digits = unit == nil ? argument[...] : argument.dropLast()
        guard let number = Double(digits), number.isFinite, number > 0 else { return nil }
        let seconds = number * (unit ?? 1)
        guard seconds <= 100 * 366 * 86400 else { return nil }
        nanoseconds = UInt64(seconds * 1e9)
    }
}
