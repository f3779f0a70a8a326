import CaptureAnalysis
import WebSocketProtocol

/// The picture.
extension SVGFormat {
    private static let width = 1000
    /// Where the time axis begins and how long it is.
    private static let left = 60
    private static let length = 920
    private static let axisHeight = 90
    private static let laneHeight = 16
    private static let style: StaticString = """
        text{font:11px system-ui,sans-serif;fill:#1b1b1f}.last{text-anchor:end}.dim{fill:#5c5f66}.line{stroke:#d5d7dc}.back{fill:#fff}
        .client{stroke:#0b57d0}.server{stroke:#a84300}.gap{stroke:#5c5f66;stroke-dasharray:2 1}
        .finding{stroke:#8a5a00}.error{stroke:#b3001b}
        .clean{stroke:#146c2e;fill:#146c2e}.open{stroke:#5c5f66}.fin,.closed{stroke:#8a5a00;fill:#8a5a00}.coded{stroke:#8a5a00}
        .reset,.refused,.failed{stroke:#b3001b}.timeout{stroke:#7a1fa2;fill:#7a1fa2}
        path{stroke-width:1.5;fill:none}
        @media (prefers-color-scheme:dark){text{fill:#e6e6ea}.dim{fill:#a2a6ae}.line{stroke:#3a3d45}.back{fill:#131418}
        .client{stroke:#8ab4f8}.server{stroke:#ffab70}.gap,.open{stroke:#a2a6ae}.finding{stroke:#f1c04f}.error{stroke:#ff8a8a}
        .clean{stroke:#7bd88f;fill:#7bd88f}.fin,.closed{stroke:#f1c04f;fill:#f1c04f}.coded{stroke:#f1c04f}.reset,.refused,.failed{stroke:#ff8a8a}
        .timeout{stroke:#d7a6f5;fill:#d7a6f5}}
        """

    /// The span of the axis in nanoseconds.
    private func span(_ summary: Summary) -> Int64 {
        max(summary.duration, lanes.map(\.end).max() ?? 0, 1000)
    }

    mutating func write(_ summary: Summary) {
        let sorted = lanes.enumerated().sorted {
            ($0.element.outcome.rank, $0.offset) < ($1.element.outcome.rank, $1.offset)
        }.map(\.element)
        let left = counts.sessions.count - UInt64(lanes.count)
        let height = 30 + Self.axisHeight + 24 + sorted.count * Self.laneHeight * 2 + (left > 0 ? 20 : 0)
        output.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ")
        number(Self.width)
        output.append(" ")
        number(height)
        output.append("\" role=\"img\"><title>")
        output.append(
            htmlText:
                "\(counts.title): \(Quantity.count(counts.sessions.count, "session")) in \(Quantity.seconds(summary.duration))"
        )
        output.append("</title>\n<style>")
        output.append(Self.style)
        output.append("</style>\n<rect class=\"back\" width=\"100%\" height=\"100%\"/>\n")
        text(
            8, 18,
            counts.title + ", " + Quantity.count(summary.messages, "message") + " in "
                + Quantity.seconds(summary.duration))
        writeScale(summary, bottom: height - (left > 0 ? 20 : 0))
        writeAxis(summary)
        var y = 30 + Self.axisHeight + 24
        for lane in sorted {
            write(lane, summary, y)
            y += 2 * Self.laneHeight
        }
        if left > 0 { text(8, height - 6, "\(Quantity.grouped(left)) more sessions not drawn") }
        output.append("</svg>\n")
    }

    /// Lines at round times.
    private mutating func writeScale(_ summary: Summary, bottom: Int) {
        let span = span(summary)
        var step: Int64 = 1
        while span / step > 10, step < .max / 10 { step *= 10 }
        if span / step < 3 { step = max(step / 5, 1) } else if span / step < 6 { step = max(step / 2, 1) }
        var time: Int64 = 0
        while time <= span {
            let x = x(time, span)
            line(x, 30, x, bottom, "line")
            // The last label goes before its line if there is no room after it.
            let isLast = x > Self.width - 45
            text(
                isLast ? x - 3 : x + 3, 30 + Self.axisHeight + 14, Self.label(time, step: step),
                isLast ? "dim last" : "dim")
            let (next, isOverflow) = time.addingReportingOverflow(step)
            guard !isOverflow else { return }
            time = next
        }
    }

    /// A multiple of the step in nanoseconds, in a unit in which it needs one decimal at most.
    static func label(_ time: Int64, step: Int64) -> String {
        switch step {
        case 100_000_000... where time % 1_000_000_000 != 0: "\(time / 1_000_000_000).\(time / 100_000_000 % 10) s"
        case 100_000_000...: "\(time / 1_000_000_000) s"
        case 1_000_000...: "\(time / 1_000_000) ms"
        case 1_000...: "\(time / 1_000) µs"
        default: "\(time) ns"
        }
    }

    /// Draws the client's messages above a line, the server's below it, gaps behind them, findings at the top.
    ///
    /// Heights grow with the square root, so that few messages stay visible next to many.
    private mutating func writeAxis(_ summary: Summary) {
        let (middle, span) = (30 + Self.axisHeight / 2, span(summary))
        path(gaps, "gap", span, 30, Self.axisHeight)
        path(findings, "finding", span, 24, 5)
        path(errors, "error", span, 24, 5)
        let most = max(traffic[0].max() ?? 0, traffic[1].max() ?? 0, 1)
        for role in Role.allCases {
            output.append(role == .client ? "<path class=\"client\" d=\"" : "<path class=\"server\" d=\"")
            for (bin, count) in traffic[role.index].enumerated() where count > 0 {
                let share = (Double(count) / Double(most)).squareRoot()
                let size = max(2, Int(share * Double(Self.axisHeight / 2 - 4)))
                tick(x(Int64(bin) * bins.width, span), middle, role == .client ? -size : size)
            }
            output.append("\"/>\n")
        }
        line(Self.left, middle, Self.left + Self.length, middle, "line")
    }

    private mutating func write(_ lane: Lane, _ summary: Summary, _ y: Int) {
        let (middle, span) = (y + 8, span(summary))
        let (start, end) = (x(lane.start, span), x(lane.end, span))
        text(8, y + 12, "#\(lane.session)")
        line(start, middle, end, middle, "line")
        for role in Role.allCases {
            path(lane.sent[role.index], role == .client ? "client" : "server", span, middle, role == .client ? -6 : 6)
        }
        path(lane.gaps, "gap", span, middle - 6, 12)
        path(lane.findings, lane.hasError ? "error" : "finding", span, y, 3)
        mark(lane.outcome, end, middle)
        text(Self.left, y + 26, TerminalText.cut(lane.text, toWidth: 140), "dim")
    }

    /// Draws an ending as a shape.
    private mutating func mark(_ outcome: EndingOutcome, _ x: Int, _ y: Int) {
        switch outcome {
        case .clean: output.append(verbatim: "<circle class=\"clean\" cx=\"\(x)\" cy=\"\(y)\" r=\"4\"/>\n")
        case .fin: shape("fin", "M\(x - 4) \(y - 4)h8v8h-8z")
        case .closed: shape("closed", "M\(x) \(y - 5)l5 5l-5 5l-5-5z")
        case .coded: shape("coded", "M\(x - 4) \(y)a4 4 0 1 0 8 0a4 4 0 1 0-8 0M\(x) \(y - 2)v4")
        case .timeout: shape("timeout", "M\(x) \(y - 5)l5 9h-10z")
        case .open: shape("open", "M\(x - 3) \(y - 4)l5 4l-5 4")
        case .reset: shape("reset", "M\(x - 4) \(y - 4)l8 8m0-8l-8 8")
        case .failed: shape("failed", "M\(x - 4) \(y - 4)l8 8m0-8l-8 8M\(x - 5) \(y - 5)h10v10h-10z")
        case .refused: shape("refused", "M\(x - 3) \(y - 3)l6 6m0-6l-6 6M\(x - 5) \(y)a5 5 0 1 0 10 0a5 5 0 1 0-10 0")
        }
    }

    private mutating func shape(_ name: String, _ path: String) {
        output.append(verbatim: "<path class=\"\(name)\" d=\"\(path)\"/>\n")
    }

    private mutating func path(_ set: BinSet, _ name: String, _ span: Int64, _ y: Int, _ height: Int) {
        let bins = set.bins
        guard !bins.isEmpty else { return }
        output.append(verbatim: "<path class=\"\(name)\" d=\"")
        for bin in bins { tick(x(Int64(bin) * self.bins.width, span), y, height) }
        output.append("\"/>\n")
    }

    private mutating func tick(_ x: Int, _ y: Int, _ height: Int) {
        output.append(verbatim: "M\(x) \(y)v\(height)")
    }

    private mutating func line(_ x: Int, _ y: Int, _ toX: Int, _ toY: Int, _ name: String) {
        output.append(verbatim: "<line class=\"\(name)\" x1=\"\(x)\" y1=\"\(y)\" x2=\"\(toX)\" y2=\"\(toY)\"/>\n")
    }

    private mutating func text(_ x: Int, _ y: Int, _ text: String, _ name: String = "") {
        output.append(verbatim: "<text x=\"\(x)\" y=\"\(y)\"\(name.isEmpty ? "" : " class=\"\(name)\"")>")
        output.append(htmlText: text)
        output.append("</text>\n")
    }

    private mutating func number(_ value: Int) {
        output.append(decimal: Int64(value))
    }

    /// The horizontal position of a time.
    private func x(_ elapsed: Int64, _ span: Int64) -> Int {
        Self.left + Int(Double(min(max(elapsed, 0), span)) / Double(span) * Double(Self.length))
    }
}
