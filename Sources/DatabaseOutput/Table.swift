/// A table: its columns in the order in which their values are bound.
struct Table {
    let name: String
    /// Name and type of each.
    let columns: [String]
    /// Names of columns of nanoseconds, "X_ns", that a computed column X shows as text.
    var times: [String] = []
    /// Whether rows are numbered automatically; if not, their key is bound first.
    var isNumbered = true

    /// The statement that creates it, without computed columns.
    var creation: String { "CREATE TABLE \(name) (\(columns.joined(separator: ", ")))" }

    /// The statements that add the computed columns.
    ///
    /// SQLite computes them for each row that is added, although it does not store them: a quarter of the whole time.
    /// So they are added after the last row, when that takes no time.
    var completion: String {
        times.map {
            "ALTER TABLE \(name) ADD COLUMN \($0) TEXT GENERATED ALWAYS AS (\(Self.text(of: $0 + "_ns"))) VIRTUAL;\n"
        }.joined()
    }

    /// The statement that adds a row with the columns up to `last` (nil: all); a row that already exists stays.
    func insertion(to last: String? = nil) -> String {
        let names = columns(from: isNumbered ? nil : "id", to: last)
        let places = names.map { _ in "?" }.joined(separator: ", ")
        return "INSERT OR IGNORE INTO \(name) (\(names.joined(separator: ", "))) VALUES (\(places))"
    }

    /// The statement that sets columns of the row whose key is bound last.
    func update(from first: String, to last: String) -> String {
        let settings = columns(from: first, to: last).map { $0 + " = ?" }
        return "UPDATE \(name) SET \(settings.joined(separator: ", ")) WHERE id = ?"
    }

    /// Names of columns, from `first` or, if that is nil, from the second one.
    private func columns(from first: String?, to last: String?) -> ArraySlice<String> {
        let names = columns.map { String($0.prefix { $0 != " " }) }
        let start = first.flatMap(names.firstIndex(of:)) ?? 1
        let end = last.flatMap(names.firstIndex(of:)) ?? names.count - 1
        return names[start...max(start, end)]
    }

    /// RFC 3339 text of nanoseconds since 1970, which may be negative.
    private static func text(of column: String) -> String {
        let fraction = "((\(column) % 1000000000 + 1000000000) % 1000000000)"
        return "strftime('%Y-%m-%dT%H:%M:%S', (\(column) - \(fraction)) / 1000000000, 'unixepoch')"
            + " || printf('.%09dZ', \(fraction))"
    }
}
