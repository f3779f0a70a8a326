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
