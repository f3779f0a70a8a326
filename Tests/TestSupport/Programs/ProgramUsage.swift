import Foundation

/// What a program that has ended took.
///
/// Its peak memory is not among it: what Linux tells here includes that of the test, which it is a copy of at first.
package struct ProgramUsage: Sendable {
    /// Its exit status, or 128 and the number of the signal that ended it.
    package let status: Int32
    /// The processor time of all its threads, in seconds.
    package let seconds: Double
}

extension Program {
    /// Waits for its end, once; in place of ``wait()``.
    package func usage() -> ProgramUsage {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(identifier, &status, 0, &usage) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return ProgramUsage(
            status: signal == 0 ? status >> 8 & 0xff : 128 + signal,
            seconds: Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime))
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
}
