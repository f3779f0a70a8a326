/// A table in Markdown.
struct MarkdownTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header, header.map { _ in "---" }] }

    mutating func append(_ cells: [String]) { rows.append(cells) }

    var text: String { rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined() }
}
