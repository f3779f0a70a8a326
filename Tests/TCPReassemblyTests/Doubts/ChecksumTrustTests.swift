import Testing

@testable import TCPReassembly

@Suite("Wrong checksums")
struct ChecksumTrustTests {
    /// The checksums, g good and b bad, and what happens to segments with bad ones: r rejected, t taken.
    @Test(
        "count where enough others are right",
        arguments: [
            ("b", "t"), ("bbbb", "tttt"), ("gb", "t"), ("ggb", "r"), ("ggbb", "rr"), ("ggbbb", "rrt"),
            ("bggb", "tr"), ("bbggb", "ttt"), ("bbgggb", "ttr"), ("ggbgbgbgb", "rrrr"), ("bgbgbg", "ttt"),
        ])
    func rows(checksums: String, outcome: String) {
        var trust = ChecksumTrust()
        var outcomes = ""
        for checksum in checksums {
            if checksum == "g" {
                trust.countGood()
            } else {
                outcomes += trust.countBad() ? "r" : "t"
            }
        }
        #expect(outcomes == outcome)
    }

    @Test("do not overflow their counts")
    func many() {
        var trust = ChecksumTrust()
        for _ in 0..<70_000 { trust.countGood() }
        let rejected = (0..<70_000).count { _ in trust.countBad() }
        #expect(rejected == 65_535)
    }

    @Test("are judged from the second correct one on")
    func settled() {
        var trust = ChecksumTrust()
        #expect(!trust.isSettled)
        trust.countGood()
        #expect(!trust.isSettled)
        trust.countGood()
        #expect(trust.isSettled)
    }
}
