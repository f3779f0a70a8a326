/// Writes a line to standard error with the program's name in front.
///
/// - Parameter text: What to say, safe to print on a terminal.
func complain(_ text: String) {
    let line = Array("wstap: \(text)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
