import CaptureAnalysis

/// A standard stream that may be a terminal.
struct Terminal {
    /// Its file descriptor.
    let descriptor: Int32

    static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
    static let standardError = Terminal(descriptor: STDERR_FILENO)

    /// Whether it is a terminal.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Whether to use colours there (no-color.org).
    var wantsColor: Bool {
        isTerminal && (Terminal.variable("NO_COLOR") ?? "").isEmpty && Terminal.variable("TERM") != "dumb"
    }

    /// Its columns, by COLUMNS or by the terminal; nil if it is not a terminal.
    var width: Int? {
        if let columns = Terminal.variable("COLUMNS").flatMap(Int.init), columns > 0 { return columns }
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Its lines; nil if it is not a terminal.
    var height: Int? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
        return Int(size.ws_row)
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

/// A line on standard error that counts what a live capture has seen.
struct CounterLine {
    private var isShown = false

    /// Nil if no line should be shown: standard error is not a terminal, or the output goes to the same terminal.
    ///
    /// - Parameters:
    ///   - output: The output options.
    ///   - writesPackets: Whether packets go to standard output.
    init?(_ output: OutputOptions, writesPackets: Bool) {
        let isFree =
            output.path != nil || writesPackets || output.format == .summary || !Terminal.standardOutput.isTerminal
        guard isFree, !output.quiet, !output.hidesProgress, Terminal.standardError.isTerminal else { return nil }
    }

    /// Updates the line, unless standard error would block.
    mutating func show(_ summary: Summary, dropped: UInt64) {
        guard isErrorWritable else { return }
        isShown = true
        var text = "\(summary.packets) packets, \(summary.frames) frames, \(summary.webSocketConnections) sessions"
        if dropped > 0 { text += ", \(dropped) packets dropped" }
        put("\r\u{1b}[Kwstap: \(text)")
    }

    /// Removes the line.
    mutating func clear() {
        if isShown, isErrorWritable { put("\r\u{1b}[K") }
        isShown = false
    }

    private func put(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// A line on standard error that shows how much of a large capture has been read.
struct ProgressLine {
    private let total: UInt64
    private var lastPercent: UInt64?

    /// Smaller files are read before anyone needs to know.
    private static let worthwhileSize: UInt64 = 64 << 20

    /// Nil if no line should be shown.
    ///
    /// - Parameters:
    ///   - total: The bytes to read; nil if unknown.
    ///   - isWanted: Whether the user allows it.
    init?(total: UInt64?, isWanted: Bool) {
        guard let total, total >= ProgressLine.worthwhileSize, isWanted, Terminal.standardError.isTerminal else {
            return nil
        }
        self.total = total
    }

    /// Updates the line.
    mutating func show(_ bytesRead: UInt64) {
        let percent = min(100, bytesRead.multipliedReportingOverflow(by: 100).partialValue / total)
        guard percent != lastPercent else { return }
        lastPercent = percent
        put("\rwstap: \(percent) % of \(total >> 20) MiB read")
    }

    /// Removes the line.
    func clear() {
        if lastPercent != nil { put("\r\u{1b}[K") }
    }

    private func put(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
