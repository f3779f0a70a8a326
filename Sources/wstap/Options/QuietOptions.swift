import ArgumentParser

/// What to print on standard error.
struct QuietOptions: ParsableArguments {
    @Flag(name: .customLong("no-progress"), help: "Show no progress on standard error.")
    var hidesProgress = false

    @Flag(name: .shortAndLong, help: "Print only errors to standard error.")
    var quiet = false
}
