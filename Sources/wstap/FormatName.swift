import ArgumentParser

/// The formats by the names of `--format`.
enum FormatName: String, NamedValue {
    case timeline, summary, jsonl
}
