import CaptureAnalysis
import ReportFrontEnd
import WebSocketProtocol
import WireFormat

/// The page around the data: its head, and what can be read without scripts or styles.
extension HTMLFormat {
    mutating func writeHead() {
        output.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        output.append("<meta http-equiv=\"Content-Security-Policy\" content=\"")
        output.append(verbatim: page.policy)
        output.append("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        output.append("<meta name=\"generator\" content=\"wstap\">\n")
        output.append(verbatim: page.icon)
        output.append("\n<title>")
        output.append(htmlText: counts.title)
        output.append(" – wstap</title>\n<style>")
        output.append(verbatim: page.style)
        output.append("</style>\n</head>\n<body>\n")
    }

    /// Completes the page.
    mutating func finish(_ summary: Summary) {
        var summary = summary
        summary.notes -= min(deliveryNotes, summary.notes)
        writeRows()
        writePayloads()
        detailBlock.write(into: &output)
        sessionBlock.write(into: &output)
        let groups = rankedGroups
        writeMeta(summary, groups)
        output.append("<main>\n<h1>")
        output.append(htmlText: counts.title)
        output.append("</h1>\n")
        writeEndings(groups, summary)
        output.append("<div class=\"facts\">\n")
        writePatterns(summary)
        writeServers(summary)
        writeLastLines()
        writeFindings()
        writeTotals(summary)
        output.append("</div>\n")
        output.append(verbatim: page.body)
        output.append("</main>\n")
        var script = DataBlock(.script)
        script.bytes.append(verbatim: page.script)
        script.write(into: &output)
        output.append("<script type=\"module\">")
        output.append(verbatim: page.loader)
        output.append("</script>\n</body>\n</html>\n")
    }

    /// A group of sessions that ended alike.
    private struct Group {
        var place: Int
        var outcome: EndingOutcome
        var text: String
        var ending: EndingTable.Group
    }

    /// The groups, the worst first, then the largest.
    private var rankedGroups: [Group] {
        counts.endings.inOrder.enumerated().map { place, group in
            Group(
                place: place, outcome: EndingOutcome(group.verdict, upgrade: group.upgrade),
                text: VerdictMessage.commonText(group.verdict, upgrade: group.upgrade),
                ending: group)
        }.sorted { ($0.outcome.rank, $1.ending.count, $0.place) < ($1.outcome.rank, $0.ending.count, $1.place) }
    }

    private mutating func writeMeta(_ summary: Summary, _ groups: [Group]) {
        var block = DataBlock(.meta)
        block.bytes.append("{\"start\":\"")
        block.bytes.append(decimal: counts.start?.nanoseconds ?? 0)
        block.bytes.append("\",\"duration\":")
        block.bytes.append(decimal: summary.duration)
        block.bytes.append(",\"sessions\":")
        block.bytes.append(decimal: counts.sessions.count)
        block.bytes.append(",\"leftOut\":")
        block.bytes.append(decimal: payloadsLeftOut)
        block.bytes.append(",\"groups\":[")
        for (rank, group) in groups.enumerated() {
            if rank > 0 { block.bytes.append(",") }
            block.bytes.append("{\"group\":")
            block.bytes.append(decimal: UInt64(group.place))
            block.bytes.append(",\"count\":")
            block.bytes.append(decimal: group.ending.count)
            block.bytes.append(",\"text\":")
            block.bytes.append(jsonString: group.text)
            block.bytes.append("}")
        }
        block.bytes.append("]}\n")
        block.write(into: &output)
    }

    private mutating func writeEndings(_ groups: [Group], _ summary: Summary) {
        output.append("<section aria-labelledby=\"h-why\">\n<h2 id=\"h-why\">Why sessions ended</h2>\n")
        if groups.isEmpty {
            let way = summary.encrypted.hasLateSecrets ? KeyLogAdvice.textForLate : KeyLogAdvice.text
            let advice = summary.encrypted.noKeyLog > 0 ? " To decrypt TLS, \(way)." : ""
            paragraph("No WebSocket session was found." + advice)
        }
        output.append("<ul class=\"why\">\n")
        for group in groups {
            output.append("<li class=\"")
            output.append(verbatim: group.outcome.rawValue)
            output.append("\"><a href=\"#g=")
            output.append(decimal: UInt64(group.place))
            output.append("\"><b>")
            output.append(decimal: group.ending.count)
            output.append("</b> × ")
            output.append(htmlText: group.text)
            output.append("</a>")
            if let silence = group.ending.silence { writeSilence(silence) }
            writePlaces(of: group.ending)
            output.append("</li>\n")
        }
        output.append("</ul>\n")
        if counts.endings.omitted > 0 { paragraph("\(counts.endings.omitted) × others") }
        output.append("</section>\n")
    }

    /// ", after 1.200 s of silence", or a range; nothing below a millisecond, as in a verdict.
    private mutating func writeSilence(_ silence: ClosedRange<Int64>) {
        guard silence.upperBound >= 1_000_000 else { return }
        let (low, high) = (Quantity.seconds(silence.lowerBound), Quantity.seconds(silence.upperBound))
        output.append(verbatim: ", after \(low == high ? low : "\(low) to \(high)") of silence")
    }

    /// The servers and paths of sessions that ended alike.
    private mutating func writePlaces(of group: EndingTable.Group) {
        let (places, others) = group.largestPlaces(Self.shownPlaces)
        output.append("\n<ul>")
        for place in places {
            let name = place.server.map { place.path.isEmpty ? "\($0)" : "\($0) \(place.path)" } ?? "not followed"
            output.append("<li>")
            output.append(htmlText: place.count == group.count ? name : "\(place.count) × \(name)")
            output.append("</li>")
        }
        if others > 0 {
            output.append("<li>")
            output.append(decimal: others)
            output.append(" × elsewhere</li>")
        }
        output.append("</ul>")
    }

    private mutating func writePatterns(_ summary: Summary) {
        let (patterns, proxies) = (summary.patterns, ProxyMessages.lines(summary.proxiedSessions))
        guard !patterns.isEmpty || !proxies.isEmpty else { return }
        output.append("<section aria-labelledby=\"h-patterns\">\n<h2 id=\"h-patterns\">Patterns</h2>\n<ul>\n")
        for line in proxies.prefix(CaptureCounts.maximumPatterns) {
            output.append("<li>")
            output.append(htmlText: line)
            output.append("</li>\n")
        }
        for pattern in patterns.prefix(CaptureCounts.maximumPatterns) {
            output.append("<li>")
            output.append(htmlText: "\(PatternMessage.ending(pattern)); \(PatternMessage.cause(pattern))")
            output.append("</li>\n")
        }
        output.append("</ul>\n")
        let others = patterns.count - CaptureCounts.maximumPatterns
        if others > 0 { paragraph("and \(others) more") }
        output.append("</section>\n")
    }

    /// Writes how a capture's only session came to its end.
    private mutating func writeLastLines() {
        guard begun == 1, let lines = lastLines?.take() else { return }
        output.append("<section aria-labelledby=\"h-last\">\n<h2 id=\"h-last\">Last lines</h2>\n<pre class=\"lines\">")
        for line in lines {
            output.append(escapedHTML: line)
            output.append("\n")
        }
        output.append("</pre>\n</section>\n")
    }

    private mutating func writeFindings() {
        let groups = counts.findings.groups
        guard !groups.isEmpty else { return }
        output.append("<section aria-labelledby=\"h-findings\">\n<h2 id=\"h-findings\">Findings</h2>\n<ul>\n")
        for group in groups {
            output.append("<li><b class=\"")
            output.append(verbatim: group.severity.rawValue)
            output.append("\">")
            output.append(decimal: group.count)
            output.append(" × ")
            output.append(verbatim: group.severity.rawValue)
            output.append("</b> ")
            let session = group.session == .none ? "" : "#\(group.session), "
            output.append(
                htmlText: "\(group.first.rule) (\(group.first.reference)), \(group.count > 1 ? "first " : "")\(session)"
                    + "packet \(group.packet): \(group.first.text)")
            output.append("</li>\n")
        }
        output.append("</ul>\n")
        if counts.findings.omitted > 0 { paragraph("and \(counts.findings.omitted) of other rules") }
        output.append("</section>\n")
    }

    /// Writes the numbers of the summary, and what the page does not hold.
    private mutating func writeTotals(_ summary: Summary) {
        output.append("<section aria-labelledby=\"h-totals\">\n<h2 id=\"h-totals\">Totals</h2>\n<dl>\n")
        for total in counts.totals(summary) {
            output.append("<dt>")
            output.append(htmlText: total.name)
            output.append("</dt><dd>")
            output.append(htmlText: total.text)
            output.append("</dd>\n")
        }
        output.append("</dl>\n")
        if payloadsLeftOut > 0 {
            paragraph(Quantity.count(payloadsLeftOut, "payload") + " left out (--payload-budget)")
        }
        // One payload takes at most a part of the budget.
        let bounds = options.payload == .all ? "--payload-budget" : "--payload, --payload-budget"
        if payloadsCut > 0 { paragraph(Quantity.count(payloadsCut, "payload") + " cut (\(bounds))") }
        if rowsLeftOut > 0 { paragraph(Quantity.count(rowsLeftOut, "message") + " and control frames not listed") }
        if detailsLeftOut > 0 { paragraph(Quantity.count(detailsLeftOut, "detail") + " of sessions left out") }
        if findingsLeftOut > 0 { paragraph(Quantity.count(findingsLeftOut, "finding") + " not listed one by one") }
        output.append("</section>\n")
    }

    mutating func paragraph(_ text: String) {
        output.append("<p>")
        output.append(htmlText: text)
        output.append("</p>\n")
    }
}
