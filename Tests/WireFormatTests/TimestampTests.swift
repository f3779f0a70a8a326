import Testing
import WireFormat

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "differences are signed, and clamped if 64 bits cannot hold them",
        arguments: [
            (5, 3, 2), (3, 5, -2), (.max, -1, .max), (.min, 1, .min), (.max, .min, .max), (.min, .max, .min),
        ] as [(Int64, Int64, Int64)])
    func difference(time: Int64, earlier: Int64, nanoseconds: Int64) {
        let difference = Timestamp(nanoseconds: time).nanoseconds(since: Timestamp(nanoseconds: earlier))
        #expect(difference == nanoseconds)
    }

    @Test("earlier comes first")
    func order() {
        #expect(Timestamp(nanoseconds: -1) < Timestamp(nanoseconds: 0))
    }
}
