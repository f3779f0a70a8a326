/// The system's clocks, in nanoseconds.
enum Clock {
    /// What never goes back.
    static var monotonic: UInt64 { now(CLOCK_MONOTONIC) }

    /// What packets are stamped with.
    static var wall: UInt64 { now(CLOCK_REALTIME) }

    private static func now(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
