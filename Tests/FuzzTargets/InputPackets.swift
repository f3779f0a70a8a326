import WireFormat

/// The packets of an input.
///
/// The link type in two bytes; then for each packet a byte of settings (bits 0 to 5: milliseconds since the one before;
/// 6: seconds instead; 7: a snap length cut 16 bytes), its length in two bytes, the packet.
struct InputPackets {
    struct Packet {
        let time: Timestamp
        let originalLength: Int
        let bytes: [UInt8]
    }

    let linkType: LinkType
    private(set) var packets: [Packet] = []

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        linkType = LinkType(rawValue: UInt32(input.short()))
        var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        while input.count > 0 {
            let settings = input.byte()
            time.nanoseconds += Int64(settings & 0x3f) * (settings & 0x40 == 0 ? 1_000_000 : 1_000_000_000)
            let bytes = input.take(Int(input.short()))
            packets.append(
                Packet(time: time, originalLength: bytes.count + (settings & 0x80 == 0 ? 0 : 16), bytes: bytes))
        }
    }
}
