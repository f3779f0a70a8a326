/// Advice for users of similar tools, and for typos.
enum Hint {
    /// What to add to the parser's complaint about arguments.
    ///
    /// - Parameter arguments: The arguments after the program's name.
    /// - Returns: The advice; nil if there is none.
    static func usage(_ arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument == "--" { break }
            let next = index + 1 < arguments.count ? arguments[index + 1] : nil
            if let hint = option(argument, next, arguments) { return hint }
        }
        if arguments.first == "live", !arguments.contains(where: { $0.hasPrefix("-i") || $0.hasPrefix("--i") }),
            let word = arguments.dropFirst().first, !word.hasPrefix("-")
        {
            return "name the interface with -i: wstap live -i \(word)"
        }
        return arguments.first.flatMap(subcommand)
    }

    /// A guess at what was meant by names of files that do not exist; nil if there is none.
    static func missing(_ names: [String], firstOf files: [String]) -> String? {
        if names.first == files.first, let hint = names.first.flatMap(subcommand) { return hint }
        for name in names {
            switch name {
            case "stats", "stat", "statistics": return "use --format summary"
            case "json", "jsonl", "ndjson", "trace": return "for a trace use --format jsonl: one JSON object per line"
            case "summary", "timeline": return "use --format \(name)"
            default: break
            }
            for format in ["summary", "timeline"] where distance(name, format) <= 2 { return "use --format \(format)" }
        }
        let names = names.flatMap { $0.split(separator: " ") }
        let words = ["tcp", "udp", "ip", "ip6", "host", "net", "port", "src", "dst", "and", "or", "not"]
        let isExpression =
            names.contains { words.contains(String($0)) || $0.contains("==") }
            || names.contains { $0.hasPrefix("tcp.") || $0.hasPrefix("ip.") }
        return isExpression ? "packet filters of libpcap go after -f, in quotes: -f 'tcp port 8080'" : nil
    }

    private static func option(_ argument: String, _ next: String?, _ arguments: [String]) -> String? {
        switch argument {
        case "-r", "--read-file", "--read": "wstap takes capture files without \(argument): wstap \(next ?? "FILE")"
        case "-Y", "-R", "--display-filter", "-2":
            "wstap has no display filters: use --host, --path, --connection, --opcode, --from or --grep, "
                + "or -f with a libpcap filter"
        case "-T", "--json", "--jsonl", "--ndjson": "for a trace use --format jsonl: one JSON object per line"
        case "-w" where arguments.first != "live", "--write" where arguments.first != "live":
            "to keep the packets of sessions: wstap cut; -w writes what wstap live captures"
        case "--summary", "--timeline": "use --format \(argument.dropFirst(2))"
        case "-n", "-nn": "wstap has no \(argument), and resolves no names anyway; see --help"
        case "-nr", "-nnr": "wstap takes capture files without \(argument): wstap \(next ?? "FILE")"
        case "-V", "-x", "-xx", "-X", "-XX", "-A", "--hex", "--ascii":
            "payloads are shown without \(argument): whole with --payload all, and in hex in a report (--format html)"
        case "--html", "--svg", "--har", "--sqlite": "use --format \(argument.dropFirst(2)) -o FILE"
        case "-z", "--stats", "--statistics": "use --format summary"
        case "--format" where ["json", "ndjson", "jsonlines", "pdml", "ek"].contains(next ?? ""):
            "for a trace use --format jsonl: one JSON object per line"
        case "--format=json", "--format=ndjson", "--format=jsonlines":
            "for a trace use --format jsonl: one JSON object per line"
        case "-i" where !["live", "interfaces"].contains(arguments.first ?? ""),
            "--interface" where !["live", "interfaces"].contains(arguments.first ?? ""):
            "to capture from an interface: wstap live -i \(next ?? "INTERFACE")"
        default: filter(argument, arguments)
        }
    }

    /// How to show less, for users of similar tools.
    private static func filter(_ argument: String, _ arguments: [String]) -> String? {
        switch argument {
        case "-c" where arguments.first != "live", "--count" where arguments.first != "live", "--head", "--limit", "-m":
            "for the first lines only: wstap FILE | head -n 20"
        case "--tail", "--last": "for the last lines only: wstap FILE --events frame,end | tail -n 20"
        case "-e", "--regexp", "--search", "--match", "--pattern", "--find", "--contains":
            "to search payloads: --grep REGEX, or --grep '(?i)REGEX' in upper and lower case"
        case "--session", "--sessions", "--stream", "--conn": "sessions have numbers after #: --connection 2"
        case "--ip", "--addr", "--address", "--src", "--dst", "--client", "--server":
            "addresses and ports are chosen by a packet filter of libpcap: -f 'host 10.0.0.9'"
        case "-d", "--decode-as": "to treat a server's port as WebSocket: --port 8080"
        case "--keys", "--keyfile", "--sslkeylog", "--sslkeylogfile": "to decrypt TLS: --keylog FILE"
        default: nil
        }
    }

    /// The subcommand that a word nearly is; nil if it is near none.
    static func subcommand(_ word: String) -> String? {
        let names = ["read", "live", "interfaces", "cut", "extract", "redact", "help"]
        guard !names.contains(word), !word.hasPrefix("-") else { return nil }
        let nearest = names.map { (name: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= (nearest.name.count > 5 ? 3 : 2), nearest.distance < word.count else {
            return nil
        }
        return "did you mean wstap \(nearest.name)?"
    }

    /// Advice on a packet filter that libpcap rejects; nil if it does not look like Wireshark's.
    static func filter(_ expression: String) -> String? {
        let marks = [
            "==", "!=", "&&", "||", " eq ", " contains ", " matches ", "websocket", "ip.addr", "tcp.", "http.",
        ]
        guard marks.contains(where: expression.contains), expression.contains(".") || expression.contains("websocket")
        else { return nil }
        return
            "Hint: this looks like a display filter of Wireshark's; -f takes libpcap's: 'tcp port 8080 and host 10.0.0.9'"
    }

    /// How many letters must be added, removed, replaced or swapped with the next to turn one word into the other.
    private static func distance(_ one: String, _ other: String) -> Int {
        let (first, second) = (Array(one.lowercased()), Array(other))
        guard first.count <= 16 else { return .max }
        var rows = [Array(0...second.count)]
        for row in 0..<first.count {
            var line = [row + 1]
            for column in 0..<second.count {
                var cost = min(
                    rows[row][column + 1] + 1, line[column] + 1,
                    rows[row][column] + (first[row] == second[column] ? 0 : 1))
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    cost = min(cost, rows[row - 1][column - 1] + 1)
                }
                line.append(cost)
            }
            rows.append(line)
        }
        return rows[first.count][second.count]
    }
}
