import CaptureAnalysis
import WebSocketProtocol

/// What compression came to in one direction, in words.
enum CompressionText {
    /// Such as `12 of 14 messages at 23.8 % of their size, window 2^15, context takeover`.
    static func words(_ direction: SessionEnd.Compression) -> String {
        let compressed = direction.compressedMessages
        let all = Quantity.count(compressed &+ direction.uncompressedMessages, "message")
        var words = ["\(compressed) of \(all)\(size(direction))"]
        if let parameters = direction.parameters {
            words.append("window 2^\(parameters.maxWindowBits)")
            words.append(parameters.noContextTakeover ? "no context takeover" : "context takeover")
        }
        if direction.withheldMessages > 0 { words.append("\(direction.withheldMessages) not inflated") }
        if direction.contextsLost > 0 {
            words.append("context lost \(times(direction.contextsLost))")
            words.append("found again \(times(direction.contextsRegained))")
        }
        return words.joined(separator: ", ")
    }

    /// How much of their size is left to the messages: one decimal is enough for a person.
    private static func size(_ direction: SessionEnd.Compression) -> String {
        guard direction.inflatedBytes > 0 else { return "" }
        let (product, overflow) = direction.compressedBytes.multipliedReportingOverflow(by: 1000)
        let tenths = overflow ? 1000 : product / direction.inflatedBytes
        return " at \(tenths / 10).\(tenths % 10) % of their size"
    }

    private static func times(_ count: UInt64) -> String { count == 1 ? "once" : "\(count) times" }
}

/// A pattern of endings in words.
enum PatternText {
    /// What is alike, such as "14 of 14 sessions with 10.0.0.9 ended after 60.0 s of silence".
    static func ending(_ pattern: EndingPattern) -> String {
        let silence = pattern.silence.map { "after \(time($0)) of silence" }
        let lifetime = pattern.lifetime.map { "\(time($0)) after they were opened" }
        let when =
            if pattern.isSilentThroughout, let lifetime {
                lifetime + ", silent nearly all that time"
            } else {
                [lifetime, silence].compactMap(\.self).joined(separator: " and ")
            }
        return "\(pattern.sessions) of \(Quantity.count(pattern.ended, "session")) with \(pattern.server) ended \(when)"
    }

    /// How they ended, and what that speaks for, such as "reset by the server: an idle timer".
    static func cause(_ pattern: EndingPattern) -> String {
        let by = pattern.by == .client ? " by the client" : pattern.by == .server ? " by the server" : ""
        let manner =
            switch pattern.layer {
            case .closeFrame: "closed" + by
            case .fin: "TCP closed" + by
            case .rst: "reset" + by
            case .timeout, .captureEnd: "timed out"
            }
        switch (pattern.silence, pattern.lifetime) {
        case (_?, nil): return manner + ": an idle timer"
        case (nil, _): return manner + ": a fixed lifetime"
        case (_?, _?): return manner + ": an idle timer or a fixed lifetime"
        }
    }

    /// The middle of the times, to a tenth of a second: they differ by 2 % at most.
    private static func time(_ range: ClosedRange<Int64>) -> String {
        let middle = range.lowerBound &+ (range.upperBound &- range.lowerBound) / 2
        return Quantity.tenthsOfSeconds(middle)
    }
}
