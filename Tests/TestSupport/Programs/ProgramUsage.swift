import Foundation

/// The resources that a program used until its end.
///
/// Peak memory is not included: the value that Linux reports here includes that of the test, of which the program is a
/// copy at first.
package struct ProgramUsage: Sendable {
    /// Its exit status, or 128 plus the number of the signal that ended it.
    package let status: Int32
    /// The processor time of all its threads, in seconds.
    package let seconds: Double
}

extension Program {
    /// Waits for its end, once, in place of ``wait()``.
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
