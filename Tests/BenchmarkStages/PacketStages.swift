import GeneratedCaptures
import PacketCapture
import PacketDecoding
import TCPReassembly
import WireFormat

/// From the file to TCP segments; the reference reads the packets through libpcap.
struct PacketStage: Stage {
    let capture: CaptureOnDisk
    let reference: (CaptureOnDisk) throws -> Void

    var name: String { "packets of \(capture.name)" }
    var referenceName: String { "libpcap" }
    var unit: String { "packet" }
    var unitCount: UInt64 { capture.truth.packets }
    var mostAllocations: Double { 0.001 }

    func runReference() throws { try reference(capture) }

    func run() throws {
        var merged = try MergedCapture(paths: [capture.path])
        var decoder = PacketDecoder()
        var segment = TCPSegment()
        var segments: UInt64 = 0
        while merged.readBatch() {
            for place in 0..<merged.batch.count {
                let kind = decoder.decode(
                    merged.batch.bytes(place), originalLength: merged.batch.originalLength(place),
                    merged.batch.linkType(place), at: merged.batch.time(place), into: &segment)
                if kind == .tcp { segments += 1 }
            }
        }
        try WrongCount.check("segments", segments, is: capture.truth.packets)
    }
}

/// From the file to streams in order; the reference stops at the segments.
struct ReassemblyStage: Stage {
    let packets: PacketStage

    var name: String { "reassembly of \(packets.capture.name)" }
    var referenceName: String { "packets" }
    var unit: String { "packet" }
    var unitCount: UInt64 { packets.unitCount }
    var mostAllocations: Double { 0.03 }

    func runReference() throws { try packets.run() }

    func run() throws {
        var merged = try MergedCapture(paths: [packets.capture.path])
        var decoder = PacketDecoder()
        var segment = TCPSegment()
        var table = ConnectionTable(limits: ReassemblyLimits(), secret: 7)
        var bytes: UInt64 = 0
        while merged.readBatch() {
            for index in 0..<merged.batch.count {
                let packet = merged.batch[index]
                guard decoder.decode(packet, into: &segment) == .tcp else { continue }
                let hash = table.hash(&segment)
                _ = table.prepare(hash)
                let place = table.find(&segment, hash: hash) ?? table.insert(segment, time: packet.time)
                let payload = packet.bytes.extracting(segment.payload)
                let arrival = table.connections[place.slot].receive(
                    &segment, from: place.direction, at: Origin(packet: packet.number, time: packet.time),
                    payload: payload,
                    budget: &table.budget, limits: table.limits)
                bytes += UInt64(arrival.inOrder.count)
                if arrival.closes { table.connections[place.slot].flush(budget: &table.budget) }
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
                case .gap(let length, _): throw WrongCount(description: "a gap of \(length) bytes")
                }
            }
        }
        return bytes
    }
}
