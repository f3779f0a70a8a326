import Testing

@testable import WebServer

struct EventRingTests {
    /// Adds a chunk of messages, or of other events.
    private func add(_ texts: [String], to ring: EventRing) {
        var lines = TraceLines()
        ring.append(lines.receive(Array(texts.map { $0 + "\n" }.joined().utf8)[...]))
    }

    private func message(_ number: Int) -> String { #"{"event":"message","n":\#(number)}"# }

    private func numbers(_ batch: EventRing.Batch) -> [Int] {
        String(decoding: batch.bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            line.firstMatch(of: /"n":([0-9]+)/).flatMap { Int($0.1) }
        }
    }

    @Test func `Every reader gets every line once, in order, wherever it was`() {
        let ring = EventRing()
        for block in 0..<10 { add((0..<7).map { message(block * 7 + $0) }, to: ring) }
        for start in [0, 3, 7, 68, 70, 1000] as [UInt64] {
            var (cursor, seen) = (start, [Int]())
            repeat {
                let batch = ring.batch(from: cursor, limit: 50)
                #expect(batch.dropped == 0)
                seen += numbers(batch)
                cursor = batch.next
                guard batch.isFull else { break }
            } while true
            #expect(seen == Array(min(Int(start), 70)..<70), "from \(start)")
            #expect(cursor == 70)
        }
    }

    @Test(arguments: [
        EventRing.Bounds(bytes: 3000, lines: 1_000_000), EventRing.Bounds(bytes: 1 << 30, lines: 100),
    ]) func `No more than the bounds is kept, and what is gone is told`(bounds: EventRing.Bounds) {
        let ring = EventRing(bounds: bounds)
        let total = 5000
        for number in 0..<total {
            add([message(number)], to: ring)
            #expect(ring.heldBytes <= bounds.bytes)
        }
        let batch = ring.batch(from: 10, limit: 1 << 30)
        let kept = numbers(batch)
        #expect(kept == Array((total - kept.count)..<total) && kept.count <= bounds.lines && kept.count >= 70)
        #expect(batch.dropped == UInt64(total - 10 - kept.count))
        #expect(batch.next == UInt64(total) && !batch.isFull)
    }

    @Test func `Beginnings and ends of sessions stay longer than messages, up to a bound of their own`() {
        let ring = EventRing(bounds: .init(bytes: 1000, lines: 10, sessionBytes: 1 << 20, sessionLines: 4))
        for session in 0..<8 {
            add([#"{"event":"connection","n":\#(session)}"#], to: ring)
            add((0..<20).map { message(1000 + $0) }, to: ring)
        }
        let batch = ring.batch(from: 0)
        #expect(numbers(batch).filter { $0 < 1000 } == [4, 5, 6, 7])
        // 8 · 21 lines, of which the last block of 20 and 4 sessions are left.
        #expect(batch.dropped == 168 - 20 - 4)
        #expect(ring.batch(from: 21 * 6 + 1).dropped == 20)
        // The first session line that is still there is that of session 4, the 85th; of those before, the last is the
        // 64th.
        #expect(batch.missesSessions && ring.batch(from: 21 * 3).missesSessions)
        #expect(!ring.batch(from: 21 * 3 + 1).missesSessions && !ring.batch(from: 21 * 4).missesSessions)
    }

    @Test func `Totals count what came in`() {
        let ring = EventRing()
        add([#"{"event":"frame","opcode":"text","x":1}"#, message(1), "?"], to: ring)
        ring.finish()
        let totals = ring.totals
        #expect(totals.lines == 1 && totals.frames == 1 && totals.unusable == 1 && totals.hasEnded)
    }
}
