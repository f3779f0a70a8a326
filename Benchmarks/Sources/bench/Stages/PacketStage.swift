import GeneratedCaptures
import LibpcapFloor
import PacketCapture
import PacketDecoding
import WireFormat

/// From the file to TCP segments, beside libpcap handing over the packets.
struct PacketStage: Stage {
    let capture: CaptureOnDisk

    var name: String { "packets of \(capture.name)" }
    var referenceName: String { "libpcap" }
    var unit: String { "packet" }
    var unitCount: UInt64 { capture.truth.packets }
    var mostAllocations: Double { 0.001 }

    func runReference() throws {
        var totals = libpcap_floor_totals()
        var error = [CChar](repeating: 0, count: 256)
        guard libpcap_floor_read(capture.path, &totals, &error) == 0 else {
            throw WrongCount(description: "libpcap cannot read \(capture.path)")
        }
        try WrongCount.check("packets of libpcap", totals.packets, is: capture.truth.packets)
    }

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
                if kind == .segment { segments += 1 }
            }
        }
        try WrongCount.check("segments", segments, is: capture.truth.packets)
    }
}
