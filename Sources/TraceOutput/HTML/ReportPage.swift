import WireFormat

/// The parts of the page that are the same in each report: the files in `Page/`.
///
/// The modules are joined to one script, since a file opened from disk may not import others: their imports, comments and
/// indentation are left out, so their names share one scope.
struct ReportPage {
    /// The style sheet.
    let style: String
    /// The script.
    let script: String
    /// The elements that the script fills.
    let body: String

    init() {
        style = Self.joined([PackageResources.page_css])
        body = Self.joined([PackageResources.body_html])
        script = Self.joined([
            PackageResources.text_js, PackageResources.report_js, PackageResources.state_js, PackageResources.grid_js,
            PackageResources.charts_js, PackageResources.sessions_js, PackageResources.messages_js,
            PackageResources.main_js,
        ])
    }

    /// What the page may do (Content Security Policy Level 3): run this script and use this style, and nothing else.
    var policy: String {
        "default-src 'none'; script-src 'sha256-\(SHA256.base64(of: script.utf8.span))'; "
            + "style-src 'sha256-\(SHA256.base64(of: style.utf8.span))'; base-uri 'none'; form-action 'none'"
    }

    private static func joined(_ files: [[UInt8]]) -> String {
        var joined = ""
        for file in files {
            for line in String(decoding: file, as: UTF8.self).split(separator: "\n") {
                var line = line.drop { $0 == " " }
                let isLeftOut =
                    line.hasPrefix("import ") || line.hasPrefix("//") || line.hasPrefix("/*")
                    || line.hasPrefix("*")
                if isLeftOut, files.count > 1 { continue }
                if line.hasPrefix("export ") { line.removeFirst("export ".count) }
                joined += line
                joined += "\n"
            }
        }
        return joined
    }
}

extension OutputBuffer {
    /// Appends text that may come from the wire as the text of an element or a quoted attribute.
    ///
    /// Control characters, and those that hide or reorder others, become visible escapes, as on a terminal.
    mutating func append(htmlText text: String) {
        append(escapedHTML: TerminalText.safe(text))
    }

    /// Appends text that is safe on a terminal as the text of an element or a quoted attribute.
    mutating func append(escapedHTML text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): append("&amp;")
            case UInt8(ascii: "<"): append("&lt;")
            case UInt8(ascii: ">"): append("&gt;")
            case UInt8(ascii: "\""): append("&quot;")
            case UInt8(ascii: "'"): append("&#39;")
            default: append(byte)
            }
        }
    }
}
