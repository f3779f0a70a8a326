/// What the Autobahn test suite's cases are for: what the test peer does in each of them on purpose that findings tell of.
///
/// Groups: 1 framing, 2 Pings and Pongs, 3 reserved bits, 4 reserved opcodes, 5 fragmentation, 6 UTF-8, 7 closing, 9 and
/// 10 long messages, 12 and 13 compression.
enum AutobahnPurpose {
    /// What is to be found in a case: the rules that it breaks, and what it may do, but seldom does.
    static func findings(of name: String) -> Set<String> {
        // Pongs that nobody asked for, which RFC 6455 5.5.3 allows; that of 5.2 is in two fragments.
        let isUnasked = ["2.7", "2.8", "2.9", "5.2"].contains(name)
        return isUnasked ? rules(of: name).union(["pong.unsolicited"]) : rules(of: name)
    }

    /// The rules that a case breaks; a case that breaks none is not listed.
    static func rules(of name: String) -> Set<String> {
        if let rules = rulesByCase[name] { return rules }
        if name.hasPrefix("3.") { return ["frame.reserved-bits"] }
        if name.hasPrefix("4.") { return ["frame.reserved-opcode"] }
        if name.hasPrefix("7.9.") || name.hasPrefix("7.13.") { return ["close.code-not-allowed"] }
        if name.hasPrefix("6."), !isValidText(name) { return ["message.text-not-utf8"] }
        return []
    }

    private static let rulesByCase: [String: Set<String>] = {
        var rules: [String: Set<String>] = [
            // A Ping, and a Close frame, of 126 bytes.
            "2.5": ["control.too-long"], "7.3.6": ["control.too-long"],
            // A Ping, a Pong in two fragments: the second one is a continuation of nothing.
            "5.1": ["control.fragmented", "message.continuation-without-start"],
            "5.2": ["control.fragmented", "message.continuation-without-start"],
            // A text inside a text.
            "5.18": ["message.inside-message"],
            // A Close frame of one byte; one whose reason is not UTF-8.
            "7.3.2": ["close.one-byte"], "7.5.1": ["close.reason-not-utf8"],
        ]
        for number in 9...17 { rules["5.\(number)"] = ["message.continuation-without-start"] }
        // A second Close frame, a Ping, a text, a fragment, a long message behind a Close frame.
        for number in 2...6 { rules["7.1.\(number)"] = ["close.data-after-close"] }
        return rules
    }()

    /// Whether the text of a case of group 6 is UTF-8 (those are the texts of Markus Kuhn's decoder test).
    private static func isValidText(_ name: String) -> Bool {
        switch name.split(separator: ".")[1] {
        // Texts as they should be; the shortest and longest sequences; surrogates' neighbours; non-characters.
        case "1", "2", "5", "7", "9", "22", "23": true
        // Beginnings of a text: valid where they do not end inside a scalar.
        case "6": ["6.6.2", "6.6.5", "6.6.7", "6.6.9", "6.6.11"].contains(name)
        // Scalars in two to four bytes; then U+110000.
        case "11": name != "6.11.5"
        default: false
        }
    }
}
