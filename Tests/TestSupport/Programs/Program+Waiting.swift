import Foundation

extension Program {
    /// Whether it is over; its status can be asked for all the same.
    public var hasEnded: Bool {
        var state = siginfo_t()
        state.si_signo = 0
        let result = waitid(P_PID, id_t(identifier), &state, WEXITED | WNOHANG | WNOWAIT)
        return result == 0 && state.si_signo == SIGCHLD
    }

    /// Waits for its end for some seconds at most, and ends it by force then.
    ///
    /// - Returns: Its exit status, or 128 and the number of the signal that ended it; nil where it did not end by itself.
    public func wait(atMost seconds: Double) -> Int32? {
        let isOver = eventually(within: seconds) { hasEnded }
        if !isOver { send(SIGKILL) }
        let status = wait()
        return isOver ? status : nil
    }
}
