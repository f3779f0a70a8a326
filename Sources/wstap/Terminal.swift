/// A standard stream that may be a terminal.
struct Terminal {
    /// Its file descriptor.
    let descriptor: Int32

    static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
    static let standardError = Terminal(descriptor: STDERR_FILENO)

    /// Whether it is one.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Whether colours are welcome there (no-color.org).
    var wantsColor: Bool {
        isTerminal && (Terminal.variable("NO_COLOR") ?? "").isEmpty && Terminal.variable("TERM") != "dumb"
    }

    /// Its columns: what COLUMNS says, else the terminal; nil where it is none.
    var width: Int? {
        if let columns = Terminal.variable("COLUMNS").flatMap(Int.init), columns > 0 { return columns }
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
