import PacketDecoding
import WireFormat

/// Decodes packets.
///
/// Input: packets as ``InputPackets`` reads them.
struct PacketsRun {
    private let packets: InputPackets

    init(_ input: [UInt8]) { packets = InputPackets(input) }

    /// Decodes the packets: no payload may lie outside its packet.
    func check() throws(Disagreement) {
        var limits = DecodingLimits()
        limits.bytes = 1 << 16
        limits.datagrams = 8
        var decoder = PacketDecoder(limits: limits)
        for packet in packets.packets {
            let captured = CapturedPacket(
                number: 1, time: packet.time, linkType: packets.linkType, originalLength: packet.originalLength,
                bytes: packet.bytes.span)
            var segment = TCPSegment()
            switch decoder.decode(captured, into: &segment) {
            case .tcp, .udp: try check(segment, in: packet.bytes, of: packet.originalLength)
            case .reassembledTCP, .reassembledUDP: try check(segment, in: decoder.datagram, of: 1 << 16)
            default: break
            }
        }
    }

    private func check(_ segment: TCPSegment, in bytes: [UInt8], of length: Int) throws(Disagreement) {
        guard segment.payload.lowerBound >= 0, segment.payload.upperBound <= bytes.count,
            segment.payload.count <= segment.payloadLength, segment.payloadLength <= max(length, bytes.count)
        else {
            throw Disagreement(words: "\(segment) in \(bytes.count) bytes of \(length)")
        }
        _ = segment.checksumStatus(in: bytes.span)
    }
}
