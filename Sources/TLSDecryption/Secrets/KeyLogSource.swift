/// Where a key log stands, so that its secrets can be read on demand.
package protocol KeyLogSource: AnyObject, Sendable {
    /// Reads bytes.
    ///
    /// - Parameters:
    ///   - offset: Where they begin.
    ///   - count: How many to read at most.
    /// - Returns: The bytes; fewer at the end, none after it.
    func read(at offset: UInt64, count: Int) -> [UInt8]
}

extension KeyLogSource {
    /// Whether any line is a secret.
    package var hasSecrets: Bool {
        var scanner = KeyLogScanner(self, at: 0)
        var lines: [(offset: UInt64, random: Random)] = []
        repeat { scanner.next(into: &lines) } while lines.isEmpty && !scanner.isAtEnd
        return !lines.isEmpty
    }
}
