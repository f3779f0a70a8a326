import TraceOutput

/// The parser's complaints about arguments, which quote them unescaped.
enum UsageMessage {
    /// The complaint about an argument that is not UTF-8, since Swift's copy would name another file; nil if all are
    /// UTF-8.
    static var notUTF8: String? {
        for place in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[place], String(validatingCString: argument) == nil else {
                continue
            }
            return "Error: argument \(place) is not UTF-8: \(TerminalText.safe(String(cString: argument)))\n"
                + "Hint: read a file of such a name from standard input, as wstap - < FILE"
        }
        return nil
    }

    /// Escapes everything in a message that could control a terminal.
    ///
    /// - Parameters:
    ///   - message: The message; its line breaks stay.
    ///   - arguments: What it may quote; their line breaks become visible.
    /// - Returns: The message, safe to print on a terminal.
    static func safe(_ message: String, quoting arguments: [String]) -> String {
        var message = message
        for argument in arguments where argument.contains(where: \.isNewline) {
            message = message.replacing(argument, with: escaped(argument))
            // "--format=VALUE": the parser quotes only the value.
            guard let sign = argument.firstIndex(of: "=") else { continue }
            let value = argument[argument.index(after: sign)...]
            if value.contains(where: \.isNewline) { message = message.replacing(value, with: escaped(value)) }
        }
        // Backslashes stay too, since some messages already contain escapes.
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: "\\", omittingEmptySubsequences: false).map { TerminalText.safe(String($0)) }
                .joined(separator: "\\")
        }
        return lines.joined(separator: "\n")
    }

    /// Replaces each line break by a symbol; everything else is escaped line by line.
    private static func escaped(_ text: some StringProtocol) -> String {
        String(text.map { $0.isNewline ? "\u{2424}" : $0 })
    }
}
