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
        do {
            try deal()
        } catch {
            target.removeIfNewAndEmpty()
            throw error
        }
    }

    private func deal() throws {
        var status = ExitCode.success
        var selected: SelectedConnections?
        if isWebSocketOnly {
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

        func write(_ entry: PacketQueue<Int>.Entry) {
            guard let shard = entry.owner else { return }
            files[shard].file.packets.append(entry.packet, note: PacketNote(number: entry.number))
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
            switch tracer.trace(packet) {
            case .segment(let owner):
                let isWanted = selected.map { $0.wanted(owner, packet: packet.number) != nil } ?? true
                let shard = isWanted ? Int(owner.ends.stableHash % UInt32(count)) : nil
                if tracer.isFragment { queue.settle(tracer.fragmentPlaces, owner: shard) }
                guard let shard else { break }
                if queue.isEmpty {
                    files[shard].file.packets.append(packet, note: PacketNote(number: packet.number))
                } else {
                    queue.append(packet, of: shard)
                }
            case .datagram(let ends):
                let shard = includesUDP ? Int(ends.stableHash % UInt32(count)) : nil
                if tracer.isFragment { queue.settle(tracer.fragmentPlaces, owner: shard) }
                guard let shard else { break }
                queue.append(packet, of: shard)
            case .fragment: queue.append(fragment: packet, at: tracer.fragmentPlaces)
            case .other:
                if tracer.isFragment { queue.settle(tracer.fragmentPlaces, owner: nil) }
            }
            while let entry = queue.next(at: packet.time) { write(entry) }
            for file in files where file.file.packets.isFull { try file.file.advance() }
        }
        while let entry = queue.next(at: nil) { write(entry) }
        for secrets in secrets[min(secretCount, secrets.count)...] {
            for file in files { try file.append(secrets) }
        }
        if let inputPart {
            (whole.first, whole.last) = (inputPart.first, inputPart.last)
            if inputPart.keepsNumbers { whole.packetCount = inputPart.packetCount }
        }
        let packetCount = files.reduce(0) { $0 + $1.file.packets.packetCount }
        for file in files { try file.file.finish(comment: whole.text) }
        if selected == nil {
            for problem in problems { complain(problem.description) }
            if !problems.isEmpty { status = ExitCode(ExitStatus.partlyRead) }
        }
        if !input.messages.quiet {
            complain(TerminalText.safe("\(packetCount) packets written to \(count) files in \(folder)"))
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
}

/// Finds out whose packets are: by decoding them alone, or with all that an analysis knows.
private struct PacketTracer: ~Copyable {
    private var pipeline: Pipeline?
    private var decoder = PacketDecoder()
    private var segment = TCPSegment()
    private var packet = TransportPacket.other
    private var events = NoEvents()

    init(_ pipeline: consuming Pipeline?) {
        self.pipeline = pipeline
    }

    /// Whether the packet is a fragment, or completed a datagram.
    private(set) var isFragment = false
    /// Where its payload belongs, if it is one.
    private(set) var fragmentPlaces: [FragmentPlace] = []

    mutating func trace(_ packet: borrowing CapturedPacket) -> PacketOwner {
        if var pipeline = pipeline.take() {
            pipeline.receive(packet, into: &events)
            isFragment = pipeline.isLatestFragment
            if isFragment { fragmentPlaces = pipeline.latestFragmentPlaces }
            let owner = pipeline.latestOwner()
            self.pipeline = consume pipeline
            return owner
        }
        let kind = decoder.decode(packet, into: &segment)
        isFragment = [.fragment, .reassembledTCP, .reassembledUDP].contains(kind)
        if isFragment { fragmentPlaces = decoder.fragmentPlaces }
        switch kind {
        case .tcp, .reassembledTCP:
            return .segment(SegmentOwner(of: segment, isReassembled: kind == .reassembledTCP))
        case .udp, .reassembledUDP: return .datagram(ConnectionEnds(segment.source, segment.destination))
        case .fragment: return .fragment
        case .other, .tunnel, .truncated, .malformed, .unsupportedLinkType: return .other
        }
    }
}
