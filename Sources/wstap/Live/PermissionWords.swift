import TraceOutput

/// What to tell a user who may not capture: what to type.
enum PermissionWords {
    /// A few lines, safe to print on a terminal.
    static var text: String {
        let words = CommandLine.arguments.dropFirst().map(quoted).joined(separator: " ")
        let program = TerminalText.safe(path)
        return """
            capturing needs the right to (CAP_NET_RAW). Either type
                sudo \(TerminalText.safe(quoted(CommandLine.arguments.first ?? "wstap"))) \(TerminalText.safe(words))
            or, once, to give it to this program for everybody who may run it:
                sudo setcap cap_net_raw=ep \(TerminalText.safe(quoted(program)))
            """
    }

    /// Where the program is.
    private static var path: String {
        guard let path = realpath("/proc/self/exe", nil) else { return CommandLine.arguments.first ?? "wstap" }
        defer { free(path) }
        return String(cString: path)
    }

    /// A word as a shell takes it.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_./:=,@%+".unicodeScalars.contains($0))
        }
        guard !isPlain || word.isEmpty else { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
