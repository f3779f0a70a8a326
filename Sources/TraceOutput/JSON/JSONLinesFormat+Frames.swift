import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// The lines of frames and messages, most of a trace.
extension JSONLinesFormat {
    mutating func write(_ event: borrowing FrameEvent, payload: Span<UInt8>) {
        let frame = event.frame
        let header = frame.header
        let opcode = header.opcode
        output.append(sender: event.from)
        output.write(.streamOffset, frame.streamOffset)
        output.write(.index, frame.index)
        if let index = event.messageIndex { output.write(.messageIndex, index) }
        switch header.firstByte {
        // Most frames.
        case 0x81: output.append(JSONRun.wholeText)
        default: writeFirstByte(of: header)
        }
        if let key = header.maskingKey {
            output.append(JSONRun.masked)
            output.append(hex: key, digits: 8)
            output.append(JSONRun.maskedLength)
        } else {
            output.append(JSONRun.unmaskedLength)
        }
        output.append(decimal: header.payloadLength)
        output.write(.firstPacket, event.firstPacket)
        if frame.missing > 0 { output.write(.missing, frame.missing) }
        if opcode.isControl || options.framePayloads {
            // A compressed frame's bytes are not text, whatever its opcode (RFC 7692 6).
            write(payload, event.payload, isText: opcode == .text && !header.rsv1)
        }
        if opcode == .close, let close = event.close {
            output.writeObject(.close, close) { output, close in
                output.writeNamed(close.code)
                output.write(.reason, close.reason)
            }
        }
        if let answer = event.answer {
            output.write(.answersPacket, answer.pingPacket)
            output.write(.roundTrip, seconds: answer.roundTrip)
        }
        if event.origin.packet != latestPlace.packet { write(event.origin) }
        if event.isInferred { output.append(JSONRun.inferred) }
    }

    private mutating func writeFirstByte(of header: FrameHeader) {
        output.write(.fin, header.fin)
        output.write(.rsv1, header.rsv1)
        output.write(.rsv2, header.rsv2)
        output.write(.rsv3, header.rsv3)
        output.append(.opcode)
        output.append("\"")
        output.append(name: header.opcode)
        output.append("\"")
        output.write(.opcodeValue, UInt64(header.opcode.rawValue))
    }

    mutating func write(_ event: borrowing MessageEvent, payload: Span<UInt8>) {
        let message = event.message
        output.append(sender: event.from)
        output.write(.streamOffset, message.streamOffset)
        output.write(.messageIndex, event.index)
        if message.isText { output.append(JSONRun.textComplete) } else { output.append(JSONRun.binaryComplete) }
        output.append(boolean: message.isComplete)
        output.write(.frames, message.frameCount)
        output.write(.compressed, message.isCompressed)
        output.write(.wireLength, message.wireLength)
        output.write(.length, message.length)
        write(payload, message.payload, isText: message.isText && message.isValidUTF8, isChecked: true)
        output.write(.firstPacket, event.firstPacket)
        if event.origin.packet != latestPlace.packet { write(event.origin) }
        if event.isInferred { output.append(JSONRun.inferred) }
    }

    /// Writes the packet of bytes that waited.
    mutating func write(_ origin: Origin) {
        output.write(.originPacket, origin.packet)
        output.append(.originTime)
        output.append("\"")
        clock.append(origin.time, to: &output)
        output.append("\"")
    }

    /// Writes a payload under the one key that fits: why it is withheld, valid text as a string, or base64.
    ///
    /// Cut text ends with its last whole character. `isChecked` means that text is known to be UTF-8.
    private mutating func write(
        _ payload: Span<UInt8>, _ status: PayloadStatus, isText: Bool, isChecked: Bool = false
    ) {
        if case .withheld(let reason) = status { return output.write(.payloadWithheld, reason.rawValue) }
        let isCut = status == .truncated || payload.count > options.payload.maximum
        let shown = payload.extracting(first: options.payload.maximum)
        let text = isCut ? shown.extracting(first: shown.countOfWholeScalars) : shown
        if isText, isChecked || text.isValidUTF8 {
            output.append(.payload)
            if text.count > Self.pieceLength {
                write(pieces: text, isText: true)
            } else {
                output.append(jsonString: text)
            }
        } else {
            output.append(.payloadBase64)
            if shown.count > Self.pieceLength { write(pieces: shown, isText: false) } else { write(base64: shown) }
        }
        if isCut { output.write(.payloadTruncated, true) }
    }

    private mutating func write(base64 payload: Span<UInt8>) {
        output.append("\"")
        output.append(base64: payload)
        output.append("\"")
    }

    /// How much of a payload is printed at a time; a multiple of 3, for base64.
    private static var pieceLength: Int { 192 << 10 }

    /// Writes a long payload as a string, draining the output meanwhile, since the escaped text may be six times as
    /// long.
    @inline(never)
    private mutating func write(pieces payload: Span<UInt8>, isText: Bool) {
        output.append("\"")
        var rest = payload
        while !rest.isEmpty {
            var piece = rest.extracting(first: Self.pieceLength)
            if isText, piece.count < rest.count { piece = piece.extracting(first: piece.countOfWholeScalars) }
            if isText { output.append(jsonEscaped: piece) } else { output.append(base64: piece) }
            rest = rest.extracting(droppingFirst: piece.count)
            output.drainIfLarge()
        }
        output.append("\"")
    }
}

extension OutputBuffer {
    /// Appends an opcode's name; for those of RFC 6455 without creating a string.
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
}
