import ArgumentParser
import CaptureAnalysis
import DatabaseOutput
import ParallelAnalysis
import TraceOutput

/// The formats by the names of `--format`.
enum FormatName: String, NamedValue {
    case timeline, summary, jsonl, html, svg, har, sqlite
}

/// Code that runs with whatever format the user has chosen.
protocol FormatUser {
    /// Runs with a format.
    ///
    /// - Parameters:
    ///   - format: The format, with a filter in front of it if one is needed.
    ///   - batch: Creates an empty batch, in which a part of a parallel analysis passes its events to the format.
    /// - Throws: Whatever ends the run with an exit status other than 0.
    func use<Batch: OutputBatch & ~Copyable>(
        _ format: consuming some OutputFormat & ~Copyable, batch: () -> Batch
    ) throws
}

extension OutputOptions {
    /// Creates the chosen format and hands it to `user`: the only place that lists formats.
    ///
    /// - Throws: `ValidationError` if the filter's pattern is invalid, and whatever `user` throws.
    func withFormat(_ filter: EventFilter, _ user: some FormatUser) throws {
        switch format {
        case .timeline:
            let options = TimelineFormat.Options(
                payload: payload ?? .atMost(80), framePayloads: framePayloads, isVerbose: verbose, hasColor: hasColor,
                time: time, width: width)
            try pass(TimelineFormat(options: options), filter, to: user)
        case .summary:
            let options = SummaryFormat.Options(width: width ?? 100, height: height, hasColor: hasColor)
            try pass(SummaryFormat(options: options), filter.ofAllKinds, to: user)
        case .html:
            let options = HTMLFormat.Options(
                payload: payload ?? .all, payloadBudget: payloadBudget ?? HTMLFormat.Options.defaultBudget)
            try pass(HTMLFormat(options: options), filter.ofAllKinds, to: user)
        case .svg: try pass(SVGFormat(), filter.ofAllKinds, to: user)
        case .jsonl:
            let options = JSONLinesFormat.Options(payload: payload ?? .all, framePayloads: framePayloads)
            let format = JSONLinesFormat(options: options)
            guard filter.isEmpty else { return try pass(format, filter, to: user) }
            try user.use(format) { LineBatch(options: options) }
        case .har:
            let options = HAROptions(payload: payload ?? .all, version: Wstap.version)
            try pass(HARFormat(spool: SpoolFile(beside: path), options: options), filter.ofAllKinds, to: user)
        case .sqlite:
            guard path != nil else { throw ValidationError("--format sqlite needs -o, the file to write") }
            let options = DatabaseOptions(
                payload: payload ?? .all, framePayloads: framePayloads, version: Wstap.version)
            // Rows of sessions need these, whatever is asked for.
            var filter = filter
            filter.events?.formUnion([.capture, .connection, .handshake, .end, .summary])
            try pass(
                DatabaseFormat(options: options, payloads: payloadFile.map { PayloadFile($0) }), filter, to: user)
        }
    }

    private func pass<Format: OutputFormat & ~Copyable>(
        _ format: consuming Format, _ filter: EventFilter, to user: some FormatUser
    ) throws {
        guard !filter.isEmpty else { return try user.use(format, batch: EventBatch.init) }
        try user.use(filter.before(format), batch: EventBatch.init)
    }
}

extension EventFilter {
    /// The same for all kinds of events: a page, or an entry of HAR, needs some that a list for a trace may leave out.
    fileprivate var ofAllKinds: EventFilter {
        var filter = self
        filter.events = nil
        return filter
    }

    /// Puts it before a format.
    ///
    /// - Throws: `ValidationError` if its pattern is invalid.
    func before<Format: OutputFormat & ~Copyable>(_ format: consuming Format) throws -> FilteredOutput<Format> {
        do throws(InvalidPattern) {
            return try FilteredOutput(format, filter: self)
        } catch {
            throw ValidationError("--grep: \(error.message) at offset \(error.offset)")
        }
    }
}
