/// Writes a line to standard error with the program's name in front.
///
/// - Parameter text: What to say, safe to print on a terminal.
func complain(_ text: String) {
    let line = Array("wstap: \(text)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// The same, unless standard error would have to be waited for: for loops that must not.
func complainIfPossible(_ text: String) {
    if isErrorWritable { complain(text) }
}

/// Whether a line can be written to standard error without waiting.
var isErrorWritable: Bool {
    var request = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    return poll(&request, 1, 0) == 1 && request.revents & Int16(POLLOUT) != 0
}
