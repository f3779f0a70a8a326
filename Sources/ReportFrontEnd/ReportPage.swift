import WireFormat

/// The parts of the page that are the same in each report: the files in `Page/`.
///
/// The modules are joined to one script, since a file opened from disk may not import others: their imports, comments
/// and indentation are left out, so their names share one scope.
public struct ReportPage: Sendable {
    /// The style sheet.
    public let style: String
    /// The script.
    public let script: String
    /// A small script that adds a packed one to the page.
    public let loader: String
    /// The elements that the script fills.
    public let body: String

    /// Joins the files.
    ///
    /// - Parameter others: The modules that begin instead of the one that reads a report, the last one last: JavaScript
    ///   in UTF-8.
    public init(beginningWith others: [[UInt8]]? = nil) {
        style = Self.joined([PackageResources.page_css], isScript: false)
        body = Self.joined([PackageResources.body_html], isScript: false)
        loader = Self.joined([PackageResources.loader_js])
        script = Self.joined(
            [
                PackageResources.text_js, PackageResources.report_js, PackageResources.state_js,
                PackageResources.grid_js, PackageResources.charts_js, PackageResources.sessions_js,
                PackageResources.messages_js, PackageResources.view_js,
            ] + (others ?? [PackageResources.main_js]))
    }

    /// An icon of nothing: without one, browsers ask the server of a page for theirs.
    public let icon = "<link rel=\"icon\" href=\"data:,\">"

    /// What the page may do (Content Security Policy Level 3): run its scripts, use its style and have its icon, and
    /// nothing else.
    public var policy: String {
        "default-src 'none'; script-src 'sha256-\(SHA256.base64(of: script.utf8.span))' "
            + "'sha256-\(SHA256.base64(of: loader.utf8.span))'; "
            + "style-src 'sha256-\(SHA256.base64(of: style.utf8.span))'; img-src data:; base-uri 'none'; form-action 'none'"
    }

    private static func joined(_ files: [[UInt8]], isScript: Bool = true) -> String {
        var joined = ""
        for file in files {
            for line in String(decoding: file, as: UTF8.self).split(separator: "\n") {
                var line = line.drop { $0 == " " }
                let isLeftOut =
                    line.hasPrefix("import ") || line.hasPrefix("//") || line.hasPrefix("/*")
                    || line.hasPrefix("*")
                if isLeftOut, isScript { continue }
                if isScript, line.hasPrefix("export ") { line.removeFirst("export ".count) }
                joined += line
                joined += "\n"
            }
        }
        return joined
    }
}
