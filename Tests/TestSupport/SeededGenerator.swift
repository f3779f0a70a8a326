#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Random numbers that a seed reproduces, the same on every machine (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Starts the numbers of a seed.
    package init(seed: UInt64) {
        state = seed
    }

    /// Starts the numbers of a random seed, or of the one in the environment variable `WSTAP_SEED`, and prints the
    /// seed, so that a failure can be reproduced.
    package init(_ place: StaticString = #function) {
        let given = getenv("WSTAP_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: 0 ... .max)
        print("\(place): seed \(seed)")
        self.init(seed: seed)
    }

    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
