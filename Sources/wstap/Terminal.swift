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

/// A line on standard error that tells how much of a large file is read.
struct ProgressLine {
    private let total: UInt64
    private var lastPercent: UInt64?

    /// Files below this size are read before anybody asks.
    private static let worthwhileSize: UInt64 = 64 << 20

    /// - Parameters:
    ///   - total: The bytes to read; nil where that is not known.
    ///   - isWanted: Whether the user did not say no.
    init?(total: UInt64?, isWanted: Bool) {
        guard let total, total >= ProgressLine.worthwhileSize, isWanted, Terminal.standardError.isTerminal else {
            return nil
        }
        self.total = total
    }

    /// Shows how far reading is.
    mutating func show(_ bytesRead: UInt64) {
        let percent = min(100, bytesRead.multipliedReportingOverflow(by: 100).partialValue / total)
        guard percent != lastPercent else { return }
        lastPercent = percent
        put("\rwstap: \(percent) % of \(total >> 20) MiB read")
    }

    /// Takes the line away.
    func clear() {
        if lastPercent != nil { put("\r\u{1b}[K") }
    }

    private func put(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
