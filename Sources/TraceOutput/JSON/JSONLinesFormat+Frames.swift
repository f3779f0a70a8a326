import CaptureAnalysis
import WebSocketProtocol

/// The lines of frames and messages: those that a trace is full of.
extension JSONLinesFormat {
    mutating func write(_ event: borrowing FrameEvent, payload: Span<UInt8>) {
        let frame = event.frame
        let header = frame.header
        let opcode = header.opcode
        output.append(sender: event.from)
        output.append(",\"stream_offset\":")
        output.append(decimal: frame.streamOffset)
        output.append(",\"index\":")
        output.append(decimal: frame.index)
        switch header.firstByte {
        // What most frames are.
        case 0x81:
            output.append(
                ",\"fin\":true,\"rsv1\":false,\"rsv2\":false,\"rsv3\":false,\"opcode\":\"text\",\"opcode_value\":1")
        default: writeFirstByte(of: header)
        }
        if let key = header.maskingKey {
            output.append(",\"masked\":true,\"masking_key\":\"")
            output.append(hex: key, digits: 8)
            output.append("\",\"length\":")
        } else {
            output.append(",\"masked\":false,\"masking_key\":null,\"length\":")
        }
        output.append(decimal: header.payloadLength)
        output.append(",\"first_packet\":")
        output.append(decimal: event.firstPacket)
        if frame.missing > 0 {
            output.append(",\"missing\":")
            output.append(decimal: frame.missing)
        }
        if opcode.isControl || options.framePayloads {
            // A compressed frame's bytes are not text, whatever its opcode (RFC 7692 6).
            write(payload, event.payload, isText: opcode == .text && !header.rsv1)
        }
        if opcode == .close, let close = event.close {
            write(close)
        }
        if let answer = event.answer {
            output.append(",\"answers_packet\":")
            output.append(decimal: answer.pingPacket)
            output.append(",\"round_trip\":")
            output.append(seconds: answer.roundTrip)
        }
        if event.isInferred {
            output.append(",\"inferred\":true")
        }
    }

    private mutating func writeFirstByte(of header: FrameHeader) {
        output.append(",\"fin\":")
        output.append(boolean: header.fin)
        output.append(",\"rsv1\":")
        output.append(boolean: header.rsv1)
        output.append(",\"rsv2\":")
        output.append(boolean: header.rsv2)
        output.append(",\"rsv3\":")
        output.append(boolean: header.rsv3)
        output.append(",\"opcode\":\"")
        output.append(name: header.opcode)
        output.append("\",\"opcode_value\":")
        output.append(decimal: UInt64(header.opcode.rawValue))
    }

    mutating func write(_ event: borrowing MessageEvent, payload: Span<UInt8>) {
        let message = event.message
        output.append(sender: event.from)
        output.append(",\"stream_offset\":")
        output.append(decimal: message.streamOffset)
        if message.isText {
            output.append(",\"opcode\":\"text\",\"complete\":")
        } else {
            output.append(",\"opcode\":\"binary\",\"complete\":")
        }
        output.append(boolean: message.isComplete)
        output.append(",\"frames\":")
        output.append(decimal: message.frames)
        output.append(",\"compressed\":")
        output.append(boolean: message.isCompressed)
        output.append(",\"wire_length\":")
        output.append(decimal: message.wireLength)
        output.append(",\"length\":")
        output.append(decimalOrNull: message.length)
        write(payload, message.payload, isText: message.isText && message.isValidUTF8, isChecked: true)
        output.append(",\"first_packet\":")
        output.append(decimal: event.firstPacket)
        if event.isInferred {
            output.append(",\"inferred\":true")
        }
    }

    private mutating func write(_ close: CloseBody) {
        output.append(",\"close\":{\"code\":")
        output.append(code: close.code, nameKey: ",\"name\":")
        output.append(",\"reason\":")
        output.append(jsonString: close.reason)
        output.append("}")
    }

    /// Writes a payload under the one key that fits: what was withheld is told why, valid text is a string, all else is
    /// base64.
    ///
    /// Text that is cut ends with its last whole character. `isChecked` tells that text is known to be UTF-8.
    private mutating func write(
        _ payload: Span<UInt8>, _ status: PayloadStatus, isText: Bool, isChecked: Bool = false
    ) {
        if case .withheld(let reason) = status {
            output.append(",\"payload_withheld\":")
            output.append(jsonString: reason.rawValue)
            return
        }
        let isCut = status == .truncated || payload.count > options.payload.maximum
        let shown = payload.extracting(first: options.payload.maximum)
        let text = isCut ? shown.extracting(first: shown.countOfWholeScalars) : shown
        if isText, isChecked || text.isValidUTF8 {
            output.append(",\"payload\":")
            output.append(jsonString: text)
        } else {
            output.append(",\"payload_base64\":\"")
            output.append(base64: shown)
            output.append("\"")
        }
        if isCut {
            output.append(",\"payload_truncated\":true")
        }
    }
}

extension OutputBuffer {
    /// Appends an opcode's name; those that RFC 6455 defines without making a string.
    mutating func append(name opcode: Opcode) {
        switch opcode {
        case .continuation: append("continuation")
        case .text: append("text")
        case .binary: append("binary")
        case .close: append("close")
        case .ping: append("ping")
        case .pong: append("pong")
        default: append(verbatim: opcode.name)
        }
    }

    /// Appends a close code's number, a key, and its name; null for both where there is no code.
    mutating func append(code: CloseCode?, nameKey: StaticString) {
        append(decimalOrNull: code.map { UInt64($0.rawValue) })
        append(nameKey)
        append(jsonString: code?.name)
    }
}
