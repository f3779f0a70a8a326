import CaptureAnalysis
import WebSocketProtocol

/// What compression came to, at a session's end.
extension JSONLinesFormat {
    mutating func write(_ compression: (client: SessionEnd.Compression, server: SessionEnd.Compression)?) {
        output.append(",\"compression\":")
        guard let compression else {
            output.append("null")
            return
        }
        output.append("{\"from_client\":")
        write(compression.client)
        output.append(",\"from_server\":")
        write(compression.server)
        output.append("}")
    }

    private mutating func write(_ direction: SessionEnd.Compression) {
        output.append("{\"no_context_takeover\":")
        if let parameters = direction.parameters {
            output.append(boolean: parameters.noContextTakeover)
        } else {
            output.append("null")
        }
        output.append(",\"max_window_bits\":")
        output.append(decimalOrNull: direction.parameters.map { UInt64($0.maxWindowBits) })
        output.append(",\"compressed_messages\":")
        output.append(decimal: direction.compressedMessages)
        output.append(",\"uncompressed_messages\":")
        output.append(decimal: direction.uncompressedMessages)
        output.append(",\"withheld_messages\":")
        output.append(decimal: direction.withheldMessages)
        output.append(",\"compressed_bytes\":")
        output.append(decimal: direction.compressedBytes)
        output.append(",\"inflated_bytes\":")
        output.append(decimal: direction.inflatedBytes)
        output.append(",\"ratio\":")
        if let ratio = direction.ratioInThousandths {
            output.append(decimal: ratio / 1000)
            output.append(".")
            output.append(decimal: ratio % 1000, digits: 3)
        } else {
            output.append("null")
        }
        output.append(",\"contexts_lost\":")
        output.append(decimal: direction.contextsLost)
        output.append(",\"contexts_regained\":")
        output.append(decimal: direction.contextsRegained)
        output.append("}")
    }
}

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
