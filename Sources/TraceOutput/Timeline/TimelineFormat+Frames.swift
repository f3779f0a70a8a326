import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// The lines of frames, messages, gaps and findings.
extension TimelineFormat {
    /// Writes the line of a frame, of a message, or of both if the frame completes the message; at least one must be
    /// given.
    mutating func writeLine(
        _ frame: borrowing FrameEvent?, _ message: borrowing MessageEvent?, at context: borrowing EventContext,
        payload: Span<UInt8>
    ) {
        let (frame, message) = (copy frame, copy message)
        beginLine(context, "WS  ", from: frame?.from ?? message?.from)
        let header = frame?.frame.header
        let opcode = header?.opcode ?? (message?.message.isText == true ? .text : .binary)
        write(opcode)
        output.append(header?.fin == true ? "FIN" : "   ")
        write(length: header?.payloadLength ?? message?.message.wireLength ?? 0)
        if frame?.isInferred == true || message?.isInferred == true { output.append("  inferred") }
        if let origin = frame?.origin ?? message?.origin, origin.packet != context.packet {
            output.append("  captured at ")
            output.append(verbatim: Quantity.seconds(origin.elapsed(at: context)))
        }
        if let frame { writeOddities(frame, isCompressed: isCompressed(frame, message, at: context)) }
        if let message {
            write(message.message, hasFrame: frame != nil, payload: payload)
        } else if let frame {
            writeDetails(frame, isCompressed: isCompressed(frame, nil, at: context), payload: payload)
        }
        endLine(context)
    }

    private mutating func write(_ opcode: Opcode) {
        let style = opcode.isControl ? self.style(.control) : nil
        output.begin(style)
        switch opcode {
        case .continuation: output.append("CONT   ")
        case .text: output.append("TEXT   ")
        case .binary: output.append("BINARY ")
        case .close: output.append("CLOSE  ")
        case .ping: output.append("PING   ")
        case .pong: output.append("PONG   ")
        default:
            output.append("OP ")
            output.append(decimal: UInt64(opcode.rawValue))
            output.append(opcode.rawValue < 10 ? "   " : "  ")
        }
        output.end(style)
    }

    mutating func write(length: UInt64) {
        output.append(repeating: UInt8(ascii: " "), count: 7 - OutputBuffer.decimalDigits(of: length))
        if length >= 10_000_000 { output.append(" ") }
        output.append(decimal: length)
        output.append(" B")
    }

    /// Whether RSV1 means that the frame begins a compressed message (RFC 7692 6).
    private func isCompressed(
        _ frame: FrameEvent, _ message: MessageEvent?, at context: borrowing EventContext
    ) -> Bool {
        let header = frame.frame.header
        guard header.rsv1, !header.opcode.isControl, header.opcode != .continuation else { return false }
        if let message { return message.message.isCompressed }
        return sessions.row(of: context.session)?.isDeflateNegotiated == true
    }

    private mutating func writeOddities(_ frame: FrameEvent, isCompressed: Bool) {
        let header = frame.frame.header
        if header.rsv1, !isCompressed { append("  RSV1", .warning) }
        if header.rsv2 { append("  RSV2", .warning) }
        if header.rsv3 { append("  RSV3", .warning) }
        if frame.frame.missing > 0 {
            output.append("  ")
            output.append(decimal: frame.frame.missing)
            output.append(" B not captured")
        }
    }

    /// Writes the details of a frame that completes no message.
    private mutating func writeDetails(_ frame: FrameEvent, isCompressed: Bool, payload: Span<UInt8>) {
        switch frame.frame.header.opcode {
        case .close:
            write(frame.close)
            return
        case .pong:
            if let answer = frame.answer {
                guard let roundTrip = answer.roundTrip else {
                    output.append("  answers a Ping of a later time")
                    return
                }
                output.append("  answers in ")
                output.append(verbatim: Quantity.duration(roundTrip))
                return
            }
        case let opcode where !opcode.isControl:
            if frame.frame.header.fin {
                if frame.fragment > 1 { output.append("  last fragment") }
            } else if frame.fragment > 1 {
                output.append("  fragment ")
                output.append(decimal: frame.fragment)
            } else {
                output.append("  first fragment")
            }
            if isCompressed { output.append(", compressed") }
            guard options.framePayloads else { return }
        default: break
        }
        output.append("  ")
        let isText = !isCompressed && payload.isPrintableText
        if !append(preview: payload, frame.payload, isText: isText) { output.truncate(to: output.count - 2) }
    }

    /// The code and reason of a Close frame (RFC 6455 5.5.1).
    private mutating func write(_ close: CloseBody?) {
        guard let close else {
            output.append("  code not captured")
            return
        }
        guard let code = close.code else {
            output.append("  no code")
            return
        }
        output.append("  ")
        output.append(decimal: UInt64(code.rawValue))
        output.append(" ")
        output.append(verbatim: code.name)
        switch close.reason {
        case nil: output.append("  reason is not UTF-8")
        case "": break
        case let reason?:
            output.append(" \"")
            output.append(untrusted: reason)
            output.append("\"")
        }
    }

    private mutating func write(_ message: Message, hasFrame: Bool, payload: Span<UInt8>) {
        output.append("  ")
        let isPlain = message.isComplete && message.frameCount == 1
        if !isPlain {
            output.append(message.isComplete ? "message of " : "incomplete message of ")
            write(message.length)
            output.append(" (")
            output.append(verbatim: Quantity.count(message.frameCount, "frame"))
            output.append(message.isCompressed ? ", compressed)" : ")")
        } else if message.isCompressed, message.length == nil {
            output.append("compressed")
        } else if message.isCompressed {
            output.append("inflates to ")
            write(message.length)
        }
        let beforeColon = output.count
        if !isPlain || message.isCompressed {
            if case .withheld = message.payload { output.append(", ") } else { output.append(": ") }
        }
        let isText = message.isText && message.isValidUTF8
        if !append(preview: payload, message.payload, isText: isText) {
            output.truncate(to: isPlain && !message.isCompressed ? beforeColon - 2 : beforeColon)
        }
    }

    private mutating func write(_ length: UInt64?) {
        guard let length else {
            output.append("unknown length")
            return
        }
        output.append(decimal: length)
        output.append(" B")
    }
}
