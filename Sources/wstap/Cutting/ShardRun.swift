import ArgumentParser
import CaptureAnalysis
import CaptureCutting
import PacketCapture
import PacketDecoding
import TraceOutput
import WireFormat

/// A run of `wstap cut --shards`: all connections, dealt to several files by their ends.
struct ShardRun {
    var input: SessionInput
    var folder: String
    var count: Int
    var isWebSocketOnly: Bool
    var includesUDP: Bool

    /// The most files.
    static let maximumCount = 500

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        Interruption.prepare()
        let target = try OutputFolder(folder)
        defer { target.removeIfNewAndEmpty() }
        try deal()
    }

    private func deal() throws {
        var status = ExitCode.success
        var selected: SelectedConnections?
        if isWebSocketOnly, input.sessions.isEmpty {
            selected = try input.excludeOthers(for: "wstap cut --websocket-only")
        } else if isWebSocketOnly {
            let (found, state) = try input.select(for: "wstap cut --websocket-only")
            (selected, status) = (found, state)
        }
        var whole = CapturePart(
            first: Timestamp(nanoseconds: 0), last: Timestamp(nanoseconds: 0), packetCount: 0, keepsNumbers: true)
        let files = try (0..<count).map { try ShardFile(path: name($0), comment: whole.text) }
        var tracer = try PacketTracer(selected.map { _ in Pipeline(options: try input.options()) })
        var queue = PacketQueue<Int>()
        var secretCount = 0
        var isFirst = true
        var inputPart: CapturePart?

        // Whether no packet waits, which is so but for fragments.
        var isQueueEmpty = true

        func write(_ entry: PacketQueue<Int>.Entry) throws {
            guard let shard = entry.owner else { return }
            try files[shard].append(entry.packet, number: entry.number)
        }
        let (problems, secrets) = try input.eachPacket { packet, capture in
            if isFirst {
                whole.first = packet.time
                inputPart = capture.part
                isFirst = false
            }
            whole.last = packet.time
            whole.packetCount = packet.number
            if capture.secrets.count > secretCount {
                for secrets in capture.secrets[secretCount...] {
                    for file in files { try file.append(secrets) }
                }
                secretCount = capture.secrets.count
            }
            let target = tracer.trace(packet, count, selected)
            if case .fragment = target {
                queue.append(fragment: packet, at: tracer.fragmentPlaces)
            } else {
                let shard = target.shard(includesUDP: includesUDP)
                if isQueueEmpty {
                    if let shard { try files[shard].append(packet) }
                    return
                }
                if tracer.isFragment { queue.settle(tracer.fragmentPlaces, owner: shard) }
                if let shard { queue.append(packet, of: shard) }
            }
            while let entry = queue.next(at: packet.time) { try write(entry) }
            isQueueEmpty = queue.isEmpty
        }
        while let entry = queue.next(at: nil) { try write(entry) }
        for secrets in secrets[min(secretCount, secrets.count)...] {
            for file in files { try file.append(secrets) }
        }
        if let inputPart {
            (whole.first, whole.last) = (inputPart.first, inputPart.last)
            if inputPart.keepsNumbers { whole.packetCount = inputPart.packetCount }
        }
        let packetCount = files.reduce(0) { $0 + $1.file.packets.packetCount }
        for file in files { try file.file.finish(comment: whole.text) }
        if selected == nil || selected?.others != nil {
            for problem in problems { complain(problem.description) }
            if !problems.isEmpty { status = ExitCode(ExitStatus.partlyRead) }
        }
        if !input.messages.quiet {
            let others = selected?.others.map { "; \($0.count) connections of something else are left out" } ?? ""
            complain(TerminalText.safe("\(packetCount) packets written to \(count) files in \(folder)\(others)"))
        }
        input.report(abandonedFragments: queue.abandonedFragments)
        if status != .success { throw status }
    }

    private func name(_ shard: Int) -> String {
        let (digits, width) = (String(shard), String(count - 1).count)
        return "\(folder)/shard-\(String(repeating: "0", count: width - digits.count))\(digits).pcapng"
    }
}

/// One of several files that are written at a time; a class, since arrays cannot hold non-copyable values.
private final class ShardFile {
    var file: CutFile

    init(path: String, comment: String) throws {
        file = try CutFile(path: path, comment: comment)
    }

    /// Appends secrets, and writes them at once if they are long: each file has them, and there may be many files.
    func append(_ secrets: CaptureSecrets) throws {
        file.packets.append(secrets)
        try file.advance()
    }

    func append(_ packet: borrowing CapturedPacket) throws {
        file.packets.append(packet, note: PacketNote(number: packet.number))
        try file.advance()
    }

    func append(_ packet: HeldPacket, number: UInt64) throws {
        file.packets.append(packet, note: PacketNote(number: number))
        try file.advance()
    }
}

/// Finds out whose packets are: by decoding them alone, or with all that an analysis knows.
private struct PacketTracer: ~Copyable {
    /// Where a packet goes.
    enum Target {
        /// A TCP segment; nil if its connection is not wanted.
        case shard(Int?)
        case datagram(Int)
        case fragment
        case other

        /// The file that it goes to; nil for none, or if that is not known.
        func shard(includesUDP: Bool) -> Int? {
            switch self {
            case .shard(let shard): shard
            case .datagram(let shard): includesUDP ? shard : nil
            case .fragment, .other: nil
            }
        }
    }

    private var pipeline: Pipeline?
    private var decoder = PacketDecoder()
    private var segment = TCPSegment()
    private var events = NoEvents()

    init(_ pipeline: consuming Pipeline?) {
        self.pipeline = pipeline
    }

    /// Whether the packet is a fragment, or completed a datagram.
    private(set) var isFragment = false
    /// Where its payload belongs, if it is one.
    private(set) var fragmentPlaces: [FragmentPlace] = []

    mutating func trace(
        _ packet: borrowing CapturedPacket, _ count: Int, _ selected: SelectedConnections?
    ) -> Target {
        if let selected { return follow(packet, count, selected) }
        let kind = decoder.decode(packet, into: &segment)
        switch kind {
        case .tcp:
            isFragment = false
            return .shard(shard(count))
        case .udp:
            isFragment = false
            return .datagram(shard(count))
        case .fragment, .reassembledTCP, .reassembledUDP:
            isFragment = true
            fragmentPlaces = decoder.fragmentPlaces
            if kind == .fragment { return .fragment }
            return kind == .reassembledTCP ? .shard(shard(count)) : .datagram(shard(count))
        case .other, .tunnel, .truncated, .malformed, .unsupportedLinkType:
            isFragment = false
            return .other
        }
    }

    private func shard(_ count: Int) -> Int {
        Int(ConnectionEnds(segment.source, segment.destination).stableHash % UInt32(count))
    }

    /// Traces a packet as the analysis does that has selected connections.
    private mutating func follow(
        _ packet: borrowing CapturedPacket, _ count: Int, _ selected: SelectedConnections
    ) -> Target {
        guard var pipeline = pipeline.take() else { return .other }
        pipeline.receive(packet, into: &events)
        isFragment = pipeline.isLatestFragment
        if isFragment { fragmentPlaces = pipeline.latestFragmentPlaces }
        let owner = pipeline.latestOwner()
        self.pipeline = consume pipeline
        switch owner {
        case .segment(let owner):
            let isWanted = selected.wanted(owner, packet: packet.number) != nil
            return .shard(isWanted ? Int(owner.ends.stableHash % UInt32(count)) : nil)
        case .fragment: return .fragment
        case .datagram(let ends): return .datagram(Int(ends.stableHash % UInt32(count)))
        case .other: return .other
        }
    }
}
