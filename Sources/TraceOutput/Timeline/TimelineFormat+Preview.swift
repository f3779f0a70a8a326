import WebSocketProtocol

extension TimelineFormat {
    /// Appends a payload for people: text in quotes, other bytes in hexadecimal and ASCII, or why it is withheld.
    ///
    /// - Returns: Whether anything was appended.
    mutating func append(preview payload: Span<UInt8>, _ status: PayloadStatus, isText: Bool) -> Bool {
        if case .withheld(let reason) = status {
            switch reason {
            case .contextLost: output.append("withheld: cannot be inflated")
            case .bomb: output.append("withheld: inflates beyond the limits")
            case .incomplete: output.append("withheld: bytes missing")
            case .undecodedExtension: output.append("withheld: extension not supported")
            }
            return true
        }
        guard options.payload.maximum > 0, !payload.isEmpty || isText else { return false }
        if isText {
            append(text: payload, isCut: status == .truncated)
        } else {
            append(binary: payload, isCut: status == .truncated)
        }
        return true
    }

    private mutating func append(text payload: Span<UInt8>, isCut: Bool) {
        output.append("\"")
        let shown = isCut ? payload.extracting(first: payload.countOfWholeScalars) : payload
        let outcome = TerminalText.append(shown, to: &output, limit: options.payload.maximum)
        output.append(isCut || outcome.isCut ? "…\"" : "\"")
    }

    /// Appends, for example, "48 65 6c 6c 6f 00  |Hello.|".
    private mutating func append(binary payload: Span<UInt8>, isCut: Bool) {
        let shown = payload.extracting(first: max(options.payload.maximum / 4, 1))
        let isCut = isCut || shown.count < payload.count
        for index in shown.indices {
            output.append(hex: UInt32(shown[index]), digits: 2)
            output.append(" ")
        }
        output.append(isCut ? "… |" : " |")
        for index in shown.indices {
            let byte = shown[index]
            output.append(byte >= 0x20 && byte < 0x7f ? byte : UInt8(ascii: "."))
        }
        output.append("|")
    }
}

extension Span<UInt8> {
    /// Whether there are bytes, and all are UTF-8 without control characters.
    var isPrintableText: Bool {
        guard !isEmpty else { return false }
        for index in indices where self[index] < 0x20 || self[index] == 0x7f {
            return false
        }
        return isValidUTF8
    }
}
