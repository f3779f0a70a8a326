import CaptureAnalysis
import WebSocketProtocol

/// Describes what compression achieved.
enum CompressionMessage {
    /// In one direction, for example `12 of 14 messages compressed, to 23.8 %, window 2^15, context takeover`.
    static func text(_ direction: SessionEnd.Compression) -> String {
        guard direction.contextsLost > 0 else { return sizes(direction) }
        return sizes(direction) + ", context lost \(times(direction.contextsLost))"
            + ", recovered \(times(direction.contextsRegained))"
    }

    /// The same without the state of the context, which means nothing for several directions together.
    static func sizes(_ direction: SessionEnd.Compression) -> String {
        let compressed = direction.compressedMessages
        let all = Quantity.count(compressed &+ direction.uncompressedMessages, "message")
        var parts = ["\(compressed) of \(all) compressed\(size(direction))"]
        if let parameters = direction.parameters {
            parts.append("window 2^\(parameters.maxWindowBits)")
            parts.append(parameters.noContextTakeover ? "no context takeover" : "context takeover")
        }
        if direction.withheldMessages > 0 { parts.append("\(direction.withheldMessages) not inflated") }
        return parts.joined(separator: ", ")
    }

    /// The compressed size in per cent of the original, with one decimal.
    private static func size(_ direction: SessionEnd.Compression) -> String {
        guard direction.inflatedBytes > 0 else { return "" }
        let (product, overflow) = direction.compressedBytes.multipliedReportingOverflow(by: 1000)
        let tenths = overflow ? 1000 : product / direction.inflatedBytes
        return ", to \(tenths / 10).\(tenths % 10) %"
    }

    private static func times(_ count: UInt64) -> String { count == 1 ? "once" : "\(count) times" }
}

/// Describes a pattern of endings.
enum PatternMessage {
    /// What the sessions have in common, for example "14 of 14 sessions with 10.0.0.9 ended after 60.0 s of silence".
    static func ending(_ pattern: EndingPattern, of noun: String = "session") -> String {
        let silence = pattern.silence.map { range in
            guard let end = pattern.silentEnd else { return "after \(time(range)) of silence" }
            return "\(time(range)) after the last byte of the \(end), though the \(end.peer) went on"
        }
        let lifetime = pattern.lifetime.map { "\(time($0)) after opening" }
        let messages = pattern.messageSilence.map { "\(time($0)) after the last message" }
        let when =
            if pattern.isSilentThroughout, let lifetime {
                lifetime + ", silent nearly throughout"
            } else {
                [lifetime, silence, messages].compactMap(\.self).joined(separator: " and ")
            }
        return "\(pattern.sessions) of \(Quantity.count(pattern.ended, noun)) with \(pattern.server) ended \(when)"
    }

    /// How they ended, and what that suggests, for example "reset by the server: an idle timer".
    static func cause(_ pattern: EndingPattern) -> String {
        manner(pattern) + ": " + explanation(pattern)
            + (pattern.isAtOnce ? ", unless one event ended them all" : "")
    }

    /// Who ended them, and at which layer.
    private static func manner(_ pattern: EndingPattern) -> String {
        let by = pattern.by == .client ? " by the client" : pattern.by == .server ? " by the server" : ""
        return switch pattern.layer {
        case .closeFrame: "closed" + by
        case .fin: "TCP closed" + by
        case .rst: "reset" + by
        case .tlsAlert: "ended" + by + " with a TLS alert"
        case .timeout, .captureEnd: "timed out"
        }
    }

    /// What times that agree suggest.
    private static func explanation(_ pattern: EndingPattern) -> String {
        if let end = pattern.silentEnd { return "a timer that only the \(end) resets" }
        if pattern.messageSilence != nil { return "a timer that heartbeats do not reset" }
        switch (pattern.silence, pattern.lifetime) {
        case (_?, nil): return "an idle timer"
        case (nil, _): return "a fixed lifetime"
        case (_?, _?): return "an idle timer or a fixed lifetime"
        }
    }

    /// The middle of the range, to a tenth of a second: the times differ by at most 2 %.
    private static func time(_ range: ClosedRange<Int64>) -> String {
        let middle = range.lowerBound &+ (range.upperBound &- range.lowerBound) / 2
        return Quantity.tenthsOfSeconds(middle)
    }
}
