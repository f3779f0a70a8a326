import CLiveBytes
import CaptureCutting
import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("The memory of packets that wait for their datagrams")
struct WaitingPacketsTests {
    /// The bound is that of docs/limits.md, 32 MiB; a packet is added before the oldest ones leave.
    @Test("is bounded, their options included")
    func options() async {
        await #expect(processExitsWith: .success) {
            var (decoder, segment, queue) = (PacketDecoder(), TCPSegment(), PacketQueue<Int>())
            let whole = TCPPacket(
                from: Endpoint("10.0.0.1:1000"), to: Endpoint("10.0.0.2:80"), sequence: 1,
                payload: [UInt8](repeating: 7, count: 44))
            let start = live_bytes()
            for number in 0..<200 {
                let fragments = IPv4Datagram(whole).fragments(of: 32, identification: UInt32(number))
                let bytes = fragments[0].ethernet()
                let packet = CapturedPacket(
                    number: UInt64(number), time: Timestamp(nanoseconds: Int64(number)), linkType: .ethernet,
                    originalLength: bytes.count, bytes: bytes.span)
                _ = decoder.decode(packet, into: &segment)
                let options = [UInt8](repeating: 0, count: 1 << 20)
                queue.append(fragment: packet, options: options, at: decoder.fragmentPlaces)
                while queue.next(at: packet.time) != nil {}
                let taken = live_bytes() - start
                precondition(taken < 36 << 20, "\(taken) bytes after \(number) packets")
            }
            precondition(queue.abandonedFragments > 150)
        }
    }
}
