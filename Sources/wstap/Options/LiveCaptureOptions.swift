import ArgumentParser
import PacketCapture

/// The options on what to capture, how, for how long, and what to keep of it.
struct LiveCaptureOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The interface; \"any\" is all of them. wstap interfaces lists them.")
    var interface: String

    @Option(
        name: [.customShort("w"), .customLong("write")],
        help: ArgumentHelp(
            "Keep the packets in this file: pcap where its name ends in .pcap or .cap, else pcapng; \"-\" is standard "
                + "output.",
            valueName: "file"),
        completion: .file())
    var path: String?

    @Flag(name: .customLong("write-websocket-only"), help: "Keep only packets of WebSocket connections.")
    var writesWebSocketOnly = false

    @Option(name: .shortAndLong, help: ArgumentHelp("End after so many packets.", valueName: "packets"))
    var count: PositiveCount?

    @Option(help: ArgumentHelp("End after this time: \"90\", \"1.5s\", \"10m\", \"12h\", \"7d\".", valueName: "time"))
    var duration: TimeSpan?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Capture so many bytes of each packet at most (0, and unless told: 262144).", valueName: "bytes")
    )
    var snaplen: Int = 0

    @Flag(name: [.customShort("p"), .customLong("no-promiscuous")], help: "Only packets that are for this machine.")
    var isNotPromiscuous = false

    @Option(
        name: .customLong("buffer-size"),
        help: ArgumentHelp(
            "The kernel's buffer: \"512K\", \"64M\", bytes without a unit (unless told: 32M).", valueName: "size"))
    var bufferSize: ByteSize?

    @Option(
        name: [.customShort("Z"), .customLong("user")],
        help: ArgumentHelp(
            "Started as root, go on as this user once the interface is open (unless told: who called sudo, else nobody).",
            valueName: "user"))
    var user: String?

    func validate() throws {
        guard 0...LiveOptions.maximumSnapLength ~= snaplen else {
            throw ValidationError("--snaplen: 0 to \(LiveOptions.maximumSnapLength)")
        }
        guard !writesWebSocketOnly || path != nil else {
            throw ValidationError("--write-websocket-only goes with --write")
        }
    }

    /// What to open.
    var device: LiveOptions {
        var options = LiveOptions(interface: interface)
        options.isPromiscuous = !isNotPromiscuous
        if snaplen > 0 { options.snapLength = snaplen }
        if let bufferSize { options.bufferSize = bufferSize.bytes }
        return options
    }
}

/// A number from 1 on.
struct PositiveCount: ExpressibleByArgument {
    var value: UInt64

    init?(argument: String) {
        guard let value = UInt64(argument), value > 0 else { return nil }
        self.value = value
    }
}

/// A size in bytes, "65536", "512K", "64M", "1G" (powers of 1024); 1 to 2 GiB.
struct ByteSize: ExpressibleByArgument {
    var bytes: Int

    init?(argument: String) {
        let units: [Character: Int] = ["k": 10, "m": 20, "g": 30]
        let shift = argument.lowercased().last.flatMap { units[$0] }
        let digits = shift == nil ? argument[...] : argument.dropLast()
        guard let number = Int(digits), number > 0, number <= Int(Int32.max) >> (shift ?? 0) else { return nil }
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
