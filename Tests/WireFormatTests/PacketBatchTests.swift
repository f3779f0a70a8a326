import Testing
import WireFormat

struct PacketBatchTests {
    @Test func `a batch tells what its packets hold, in their order, until it forgets them`() {
        let bytes: [[UInt8]] = (0..<PacketBatch.capacity).map { [UInt8](repeating: UInt8($0), count: $0) }
        let all = bytes.flatMap(\.self)
        all.withUnsafeBufferPointer { all in
            var batch = PacketBatch()
            for round in 0..<2 {
                var start = 0
                for place in bytes.indices {
                    #expect(batch.count == place && !batch.isFull)
                    let packet = CapturedPacket(
                        number: UInt64(round * 100 + place), time: Timestamp(nanoseconds: Int64(place)), linkType: .raw,
                        originalLength: place + 3,
                        bytes: Span(_unsafeElements: UnsafeBufferPointer(rebasing: all[start..<(start + place)])),
                        interfaceName: Span(_unsafeElements: UnsafeBufferPointer(rebasing: all[0..<(place % 3)])))
                    batch.append(CapturedRecord(packet))
                    start += place
                }
                #expect(batch.isFull)
                for place in bytes.indices {
                    let packet = batch[place]
                    #expect(packet.bytes.withUnsafeBufferPointer { Array($0) } == bytes[place])
                    #expect(batch.bytes(place).withUnsafeBufferPointer { Array($0) } == bytes[place])
                    #expect(packet.number == UInt64(round * 100 + place) && batch.number(place) == packet.number)
                    #expect(packet.time.nanoseconds == Int64(place) && batch.time(place) == packet.time)
                    #expect(packet.originalLength == place + 3 && batch.originalLength(place) == place + 3)
                    #expect(packet.linkType == .raw && batch.linkType(place) == .raw)
                    #expect(packet.interfaceName.count == place % 3 && batch.interfaceName(place).count == place % 3)
                }
                batch.removeAll()
                #expect(batch.count == 0)
            }
        }
    }
}
