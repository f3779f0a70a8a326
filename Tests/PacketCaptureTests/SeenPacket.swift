import PacketCapture
import WireFormat

/// A copy of a packet that a capture returned.
struct SeenPacket: Equatable {
    var number: UInt64
    var nanoseconds: Int64
    var originalLength: Int
    var bytes: [UInt8]
    var linkType: LinkType
    var interface: String

    init(
        _ number: UInt64, at nanoseconds: Int64, originalLength: Int? = nil, _ bytes: [UInt8],
        linkType: LinkType = .ethernet, interface: String = ""
    ) {
        self.number = number
        self.nanoseconds = nanoseconds
        self.originalLength = originalLength ?? bytes.count
        self.bytes = bytes
        self.linkType = linkType
        self.interface = interface
    }

    init(_ packet: borrowing CapturedPacket) {
        number = packet.number
        nanoseconds = packet.time.nanoseconds
        originalLength = packet.originalLength
        bytes = packet.bytes.withUnsafeBufferPointer { Array($0) }
        linkType = packet.linkType
        interface = packet.interfaceName.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}

/// Reads a whole file; the error is the one that ended reading.
func readAll(_ path: String, filter: String? = nil) throws -> (packets: [SeenPacket], error: CaptureError?) {
    var file = try CaptureFile(path: path, filter: filter)
    var packets: [SeenPacket] = []
    do throws(CaptureError) {
        while let packet = try file.next() {
            packets.append(SeenPacket(packet))
        }
        return (packets, nil)
    } catch {
        return (packets, error)
    }
}

/// Reads several whole files.
func readAll(merging paths: [String], filter: String? = nil) throws -> (packets: [SeenPacket], problems: [String]) {
    var capture = try MergedCapture(paths: paths, filter: filter)
    var packets: [SeenPacket] = []
    while let packet = capture.next() {
        packets.append(SeenPacket(packet))
    }
    return (packets, capture.problems.map(\.description))
}
