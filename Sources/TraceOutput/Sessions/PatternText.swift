import CaptureAnalysis

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
