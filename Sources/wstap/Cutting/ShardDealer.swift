import CaptureAnalysis
import CaptureCutting
import PacketCapture
import WireFormat

/// Deals packets to shards: all of a connection to one, fragments to that of their datagram, in the order of the
/// capture.
struct ShardDealer: ~Copyable {
    private var files: ShardFiles
    private var tracer: PacketTracer
    private let includesUDP: Bool
    private var queue = PacketQueue<ShardPlace>()
    /// Whether no packet waits: only fragments make packets wait.
    private var isQueueEmpty = true

    init(files: ShardFiles, tracer: consuming PacketTracer, includesUDP: Bool) {
        self.files = files
        self.tracer = tracer
        self.includesUDP = includesUDP
    }

    /// How many fragments were left out because their datagram was never complete.
    var abandonedFragments: UInt64 { queue.abandonedFragments }

    /// Writes a packet, or queues it after waiting fragments.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - options: The options that it keeps.
    ///   - capture: The capture, read up to it.
    /// - Throws: The exit status, if it cannot be written.
    mutating func deal(
        _ packet: borrowing CapturedPacket, options: [UInt8]?, of capture: borrowing MergedCapture
    ) throws {
        try files.pass(packet, of: capture)
        let target = tracer.trace(packet)
        if case .fragment = target {
            queue.append(fragment: packet, options: options, at: tracer.fragmentPlaces)
        } else {
            let place = target.place(includesUDP: includesUDP)
            if isQueueEmpty {
                if let place { try files.append(packet, options: options, to: place) }
                return
            }
            if tracer.isFragment { queue.settle(tracer.fragmentPlaces, owner: place) }
            if let place { queue.append(packet, options: options, of: place) }
        }
        try drain(at: packet.time)
    }

    /// Writes what waits, and completes the files.
    ///
    /// - Parameters:
    ///   - secrets: All secrets of the capture.
    ///   - selected: Which connections are wanted; nil if all are.
    /// - Returns: How many packets the files hold.
    /// - Throws: The exit status, if one cannot be written.
    mutating func finish(secrets: [CaptureSecrets], selected: SelectedConnections?) throws -> UInt64 {
        try drain(at: nil)
        return try files.finish(secrets: secrets, selected: selected)
    }

    private mutating func drain(at time: Timestamp?) throws {
        while let entry = queue.next(at: time) {
            guard let place = entry.owner else { continue }
            try files.append(entry.packet, number: entry.number, to: place)
        }
        isQueueEmpty = queue.isEmpty
    }
}
