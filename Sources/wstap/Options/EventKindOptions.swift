import ArgumentParser
import TraceOutput

/// Which kinds of events to show, for commands that show events.
struct EventKindOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show only these kinds of events: \"message,end\" (does not change a summary).", valueName: "list"),
        transform: EventKind.asked)
    var events: Set<EventKind>?
}

extension EventKind {
    /// Reads "message,end".
    fileprivate static func asked(_ list: String) throws -> Set<EventKind> {
        do throws(UnknownEvent) {
            return try set(list: list)
        } catch {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("there is no event \"\(error.word)\", only \(names)")
        }
    }
}
