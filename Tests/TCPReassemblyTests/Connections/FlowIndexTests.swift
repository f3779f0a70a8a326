import PacketDecoding
import TestSupport
import Testing

@testable import TCPReassembly

@Suite("The index of connections by their ends")
struct FlowIndexTests {
    private static func end(_ number: UInt32, _ port: UInt16 = 80) -> Endpoint {
        Endpoint(address: IPAddress(ipv4: number), port: port)
    }

    @Test("takes both orders of the ends for the same")
    func bothOrders() {
        let index = FlowIndex(secret: 42)
        for number in 0..<100 as Range<UInt32> {
            let one = FlowIndexTests.end(number, UInt16(number))
            let other = FlowIndexTests.end(number &* 77, 443)
            #expect(index.hash(one, other) == index.hash(other, one))
        }
    }

    @Test("spreads neighbours")
    func spread() {
        let index = FlowIndex(secret: 42)
        let server = FlowIndexTests.end(0x0a00_0001, 443)
        let hashes = (1024...65_535 as ClosedRange<UInt16>).map {
            index.hash(FlowIndexTests.end(0x0a00_0002, $0), server)
        }
        // Of 64,512 random 32-bit numbers, hardly any two are equal.
        #expect(Set(hashes).count > 64_490)
        #expect(Set(hashes.map { $0 & 0xffff }).count > 38_000)
    }

    @Test("spreads ends whose networks and ports were chosen together", arguments: [42, 0x9e37_79b9, .max] as [UInt64])
    func chosen(secret: UInt64) {
        let index = FlowIndex(secret: secret)
        let server = FlowIndexTests.end(0x0a00_0001, 443)
        let hashes = (1024..<11_024 as Range<UInt16>).map { port in
            let prefix = 0x2001_0db8_0000_0000 ^ UInt64(port) &* 0x9e37_79b9_7f4a_7c15
            return index.hash(
                Endpoint(address: IPAddress(ipv6: UInt128(prefix) << 64 | 1), port: port), server)
        }
        #expect(Set(hashes).count > 9990)
    }

    @Test("finds what a dictionary finds", arguments: 0..<20, [UInt32(0), 7, .max])
    func model(run: UInt64, spread: UInt32) {
        let seed = UInt64.random(in: .min ... .max) &+ run
        var random = SeededGenerator(seed: seed)
        var index = FlowIndex(secret: 1)
        var model: [Int: UInt32] = [:]
        for _ in 0..<600 {
            let slot = Int.random(in: 0..<150, using: &random)
            if let hash = model.removeValue(forKey: slot) {
                index.remove(hash, slot: slot)
            } else {
                // Few different hashes, some at the end of the table: long runs of collisions that wrap around.
                let hash = UInt32.random(in: 0...spread, using: &random) &- 3
                model[slot] = hash
                index.insert(hash, slot: slot)
            }
            #expect(index.count == model.count)
            for (slot, hash) in model {
                #expect(index.find(hash) { $0 == slot } == slot, "seed \(seed)")
            }
            #expect(index.find(12345) { _ in true } == nil, "seed \(seed)")
        }
    }

    @Test("leaves everything unchanged when the key to remove is missing")
    func removeMissing() {
        var index = FlowIndex(secret: 1)
        index.insert(5, slot: 1)
        index.remove(5, slot: 2)
        index.remove(6, slot: 1)
        #expect(index.find(5) { $0 == 1 } == 1)
        #expect(index.count == 1)
    }
}
