import Foundation

extension Program {
    /// Sends it a signal.
    public func send(_ signal: Int32) {
        kill(process, signal)
    }

    /// Whether it is over; its status can be asked for all the same.
    public var hasEnded: Bool {
        var state = siginfo_t()
        state.si_signo = 0
        let result = waitid(P_PID, id_t(process), &state, WEXITED | WNOHANG | WNOWAIT)
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
