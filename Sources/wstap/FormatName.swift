import ArgumentParser

/// The formats by the names of `--format`.
enum FormatName: String, ExpressibleByArgument, CaseIterable {
    case timeline, summary, jsonl
}
