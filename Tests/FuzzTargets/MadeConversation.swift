import WebSocketProtocol
import WireFormat

/// The packets of a connection over raw IPv4, without checksums, a millisecond apart by default.
struct MadeConversation {
    /// A packet, of which the capture lacks `cut` bytes.
    struct Packet {
        var bytes: [UInt8]
        var cut = 0
        var time = Timestamp(nanoseconds: 0)
    }

    private(set) var packets: [Packet] = []
    private var next: [UInt32] = [0xffff_ff00, 1000]
    /// The acknowledgment number of each end.
    private var acknowledged: [UInt32] = [1001, 0xffff_ff01]
    private var delayed: Packet?
    private var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    /// Adds the three-way handshake.
    mutating func open() {
        append(Packet(bytes: packet([], from: .client, flags: 0x02)))
        next[0] &+= 1
        append(Packet(bytes: packet([], from: .server, flags: 0x12)))
        next[1] &+= 1
        append(Packet(bytes: packet([], from: .client, flags: 0x10)))
    }

    /// Lets a second pass before the next packet.
    mutating func pause() { time.nanoseconds += 1_000_000_000 }

    /// Sends a segment, a millisecond after the previous packet or at once; the settings are those of a piece
    /// (``SessionsRun``).
    mutating func send(_ bytes: [UInt8], from sender: Role, settings: UInt8 = 0, atOnce: Bool = false) {
        let index = sender == .client ? 0 : 1
        if settings & 32 != 0 { acknowledged[index] = next[1 - index] }
        let flags: UInt8 = 0x10 | (settings & 16 == 0 ? 0 : 0x01)
        var packet = Packet(bytes: packet(bytes, from: sender, flags: flags))
        next[index] &+= UInt32(bytes.count) &+ (settings & 16 == 0 ? 0 : 1)
        guard settings & 1 == 0 else { return }
        if settings & 4 != 0 {
            packet.cut = bytes.count / 2
            packet.bytes.removeLast(packet.cut)
        }
        if settings & 8 != 0 { append(packet) }
        if settings & 2 != 0, delayed == nil {
            delayed = packet
        } else {
            append(packet, atOnce: atOnce)
        }
    }

    private mutating func append(_ packet: Packet, atOnce: Bool = false) {
        if !atOnce { time.nanoseconds += 1_000_000 }
        var packet = packet
        packet.time = time
        packets.append(packet)
        if let late = delayed {
            delayed = nil
            append(late)
        }
    }

    private func packet(_ payload: [UInt8], from sender: Role, flags: UInt8) -> [UInt8] {
        let index = sender == .client ? 0 : 1
        let addresses: [[UInt8]] = [[10, 0, 0, 7], [10, 0, 0, 9]]
        let ports: [[UInt8]] = [[0xd0, 0xa4], [0x1f, 0x90]]
        let length = 40 + payload.count
        return [0x45, 0, UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
            + [0, 0, 0x40, 0, 64, 6, 0, 0] + addresses[index] + addresses[1 - index]
            + ports[index] + ports[1 - index] + Self.bytes(next[index]) + Self.bytes(acknowledged[index])
            + [0x50, flags, 0xff, 0xff, 0, 0, 0, 0] + payload
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
