import TestSupport
import Testing

@testable import WireFormat

@Suite("The pool of slots")
struct SlotPoolTests {
    /// Counts the living instances of its kind.
    private final class Counter {
        var alive = 0
    }

    private struct Resident: ~Copyable {
        let counter: Counter
        var value: Int

        init(_ value: Int, _ counter: Counter) {
            self.value = value
            self.counter = counter
            counter.alive += 1
        }

        deinit {
            counter.alive -= 1
        }
    }

    @Test("keeps every value in its slot, and uses free ones again", arguments: 0..<10)
    func model(run: UInt64) {
        let seed = UInt64.random(in: .min ... .max) &+ run
        var random = SeededGenerator(seed: seed)
        let counter = Counter()
        var pool = SlotPool<Resident>()
        var model: [Slot<Resident>: Int] = [:]
        var most = 0
        for step in 0..<1000 {
            if Int.random(in: 0..<5, using: &random) < 3 || model.isEmpty {
                let slot = pool.insert(Resident(step, counter))
                #expect(model.updateValue(step, forKey: slot) == nil, "seed \(seed)")
            } else if let slot = model.keys.randomElement(using: &random) {
                pool.remove(slot)
                model[slot] = nil
            }
            if let slot = model.keys.randomElement(using: &random) {
                pool[slot].value += 1
                model[slot]? += 1
            }
            most = max(most, model.count)
            #expect(counter.alive == model.count, "seed \(seed)")
        }
        for slot in pool.slots {
            let isUsed = pool.isUsed(slot)
            #expect(isUsed == (model[slot] != nil), "seed \(seed)")
            if isUsed { #expect(pool[slot].value == model[slot], "seed \(seed)") }
        }
        #expect(pool.slotCount == most, "seed \(seed)")
    }

    @Test("releases all chunks without values but one, and allocates them again", arguments: 0..<10)
    func memory(run: UInt64) {
        let seed = UInt64.random(in: .min ... .max) &+ run
        var random = SeededGenerator(seed: seed)
        let counter = Counter()
        var pool = SlotPool<Resident>()
        for round in 0..<3 {
            var slots: [Slot<Resident>] = []
            for value in 0..<1000 { slots.append(pool.insert(Resident(value, counter))) }
            #expect(Set(slots).count == 1000, "seed \(seed)")
            #expect(pool.byteCount == 16 * SlotPool<Resident>.chunkByteCount, "seed \(seed), round \(round)")
            #expect(pool.residentCount == 1000 && pool.slotCount == 1000, "seed \(seed), round \(round)")
            slots.shuffle(using: &random)
            while let slot = slots.popLast() {
                pool.remove(slot)
                let chunks = Set(slots.map { $0.index / 64 }).count
                #expect(pool.byteCount <= (chunks + 1) * SlotPool<Resident>.chunkByteCount, "seed \(seed)")
                #expect(pool.hasFreeSlot == true, "seed \(seed)")
            }
            #expect(pool.byteCount == SlotPool<Resident>.chunkByteCount && pool.residentCount <= 64, "seed \(seed)")
        }
        #expect(counter.alive == 0)
    }

    @Test("ends the values that are left")
    func end() {
        let counter = Counter()
        do {
            var pool = SlotPool<Resident>()
            for value in 0..<200 { _ = pool.insert(Resident(value, counter)) }
            pool.remove(Slot(3))
            #expect(counter.alive == 199)
        }
        #expect(counter.alive == 0)
    }
}
