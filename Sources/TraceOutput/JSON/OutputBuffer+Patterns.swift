import CaptureAnalysis

extension OutputBuffer {
    /// Appends patterns of endings; times are null where they differ.
    mutating func append(json patterns: [EndingPattern]) {
        append("[")
        var separator: StaticString = "{\"server\":"
        for pattern in patterns {
            append(separator)
            append(jsonString: String(describing: pattern.server))
            append(",\"by\":")
            append(jsonString: pattern.by.rawValue)
            append(",\"layer\":")
            append(jsonString: pattern.layer.rawValue)
            append(",\"sessions\":")
            append(decimal: pattern.sessions)
            append(",\"ended\":")
            append(decimal: pattern.ended)
            append(",\"silence_min\":")
            append(secondsOrNull: pattern.silence?.lowerBound)
            append(",\"silence_max\":")
            append(secondsOrNull: pattern.silence?.upperBound)
            append(",\"lifetime_min\":")
            append(secondsOrNull: pattern.lifetime?.lowerBound)
            append(",\"lifetime_max\":")
            append(secondsOrNull: pattern.lifetime?.upperBound)
            append("}")
            separator = ",{\"server\":"
        }
        append("]")
    }
}
