import GeneratedCaptures
import PacketCapture
import PacketDecoding
import TCPReassembly
import WireFormat

/// From the file to TCP segments, against libpcap reading the packets.
public struct PacketStage: Stage {
    let capture: CaptureOnDisk
    private let reference: (CaptureOnDisk) throws -> Void

    /// Creates a stage.
    ///
    /// - Parameters:
    ///   - capture: What to read.
    ///   - reference: Reads all packets through libpcap.
    public init(_ capture: CaptureOnDisk, against reference: @escaping (CaptureOnDisk) throws -> Void) {
        self.capture = capture
        self.reference = reference
    }

    public var name: String { "packets of \(capture.name)" }
    public var referenceName: String { "libpcap" }
    public var unit: String { "packet" }
    public var unitCount: UInt64 { capture.truth.packets }
    public var mostAllocations: Double { 0.001 }

    public func runReference() throws { try reference(capture) }

    public func run() throws {
        var merged = try MergedCapture(paths: [capture.path])
        var decoder = PacketDecoder()
        var segment = TCPSegment()
        var segments: UInt64 = 0
        while merged.readBatch() {
            for place in 0..<merged.batch.count {
                let kind = decoder.decode(
                    merged.batch.bytes(place), originalLength: merged.batch.originalLength(place),
                    merged.batch.linkType(place), at: merged.batch.time(place), into: &segment)
                if kind == .segment { segments += 1 }
            }
        }
        try WrongCount.check("segments", segments, is: capture.truth.packets)
    }
}

/// From the file to streams in order, against the way to the segments alone.
public struct ReassemblyStage: Stage {
    private let packets: PacketStage

    /// Creates a stage that reads the same capture.
    public init(_ packets: PacketStage) { self.packets = packets }

    public var name: String { "reassembly of \(packets.capture.name)" }
    public var referenceName: String { "packets" }
    public var unit: String { "packet" }
    public var unitCount: UInt64 { packets.unitCount }
    public var mostAllocations: Double { 0.03 }

    public func runReference() throws { try packets.run() }

    public func run() throws {
        var merged = try MergedCapture(paths: [packets.capture.path])
        var decoder = PacketDecoder()
        var segment = TCPSegment()
        var table = ConnectionTable(limits: ReassemblyLimits(), secret: 7)
        var bytes: UInt64 = 0
        while merged.readBatch() {
            for index in 0..<merged.batch.count {
                let packet = merged.batch[index]
                guard decoder.decode(packet, into: &segment) == .segment else { continue }
                let hash = table.prepare(&segment).hash
                let place = table.find(&segment, hash: hash) ?? table.insert(segment, time: packet.time)
                let payload = packet.bytes.extracting(segment.payload)
                let arrival = table.connections[place.slot].receive(
                    &segment, from: place.direction, payload: payload, packet: packet.number, time: packet.time,
                    budget: &table.budget, limits: table.limits)
                bytes += UInt64(arrival.inOrder.count)
                if arrival.closes { table.connections[place.slot].flush() }
                if arrival.hasMore || arrival.closes { bytes += try Self.drain(&table, place.slot) }
            }
        }
        try WrongCount.check("bytes in order", bytes, is: packets.capture.truth.streamBytes)
    }

    private static func drain(_ table: inout ConnectionTable, _ slot: Slot<TCPConnection>) throws -> UInt64 {
        var bytes: UInt64 = 0
        for direction in Direction.allCases {
            while let piece = table.connections[slot].next(direction, budget: &table.budget) {
                switch piece {
                case .held(let segment): bytes += UInt64(segment.bytes.count)
                case .gap(let length): throw WrongCount(description: "a gap of \(length) bytes")
                }
            }
        }
        return bytes
    }
}
