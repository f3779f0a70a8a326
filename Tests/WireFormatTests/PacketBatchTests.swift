import Testing
import WireFormat

struct PacketBatchTests {
    @Test("a batch gives its packets' fields, in order, until it is emptied")
    func fields() {
        let bytes: [[UInt8]] = (0..<PacketBatch.capacity).map { [UInt8](repeating: UInt8($0), count: $0) }
        let all = bytes.flatMap(\.self)
        all.withUnsafeBufferPointer { all in
            var batch = PacketBatch()
            for round in 0..<2 {
                var start = 0
                for place in bytes.indices {
                    let (count, isFull) = (batch.count, batch.isFull)
                    #expect(count == place && !isFull)
                    let packet = CapturedPacket(
                        number: UInt64(round * 100 + place), time: Timestamp(nanoseconds: Int64(place)), linkType: .raw,
                        originalLength: place + 3,
                        bytes: Span(_unsafeElements: UnsafeBufferPointer(rebasing: all[start..<(start + place)])),
                        interfaceName: Span(_unsafeElements: UnsafeBufferPointer(rebasing: all[0..<(place % 3)])))
                    batch.append(CapturedRecord(packet))
                    start += place
                }
                let isFull = batch.isFull
                #expect(isFull)
                for place in bytes.indices {
                    let packet = batch[place]
                    let ownBytes = batch.bytes(place).withUnsafeBufferPointer { Array($0) }
                    let ownName = batch.interfaceName(place).count
                    let own = (
                        number: batch.number(place), time: batch.time(place),
                        originalLength: batch.originalLength(place),
                        linkType: batch.linkType(place)
                    )
                    #expect(packet.bytes.withUnsafeBufferPointer { Array($0) } == bytes[place])
                    #expect(ownBytes == bytes[place])
                    #expect(packet.number == UInt64(round * 100 + place) && own.number == packet.number)
                    #expect(packet.time.nanoseconds == Int64(place) && own.time == packet.time)
                    #expect(packet.originalLength == place + 3 && own.originalLength == place + 3)
                    #expect(packet.linkType == .raw && own.linkType == .raw)
                    #expect(packet.interfaceName.count == place % 3 && ownName == place % 3)
                }
                batch.removeAll()
                let count = batch.count
                #expect(count == 0)
            }
        }
    }
}
