import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// The messages and control frames of an entry.
extension HARFormat where Storage: ~Copyable {
    mutating func write(_ event: borrowing MessageEvent, of session: HARSession, payload: Span<UInt8>) {
        let message = event.message
        if case .withheld(let reason) = message.payload { return session.omissions.count(reason) }
        guard message.isComplete else { return session.omissions.count(.incomplete) }
        begin(event.from, event.origin, message.isText ? .text : .binary)
        let isCut = message.payload == .truncated || payload.count > options.payload.maximum
        let shown = payload.extracting(first: options.payload.maximum)
        let key = Self.key(of: event.origin.time)
        var long = shown.count > Self.pieceLength ? beginLong(of: session, key: key) : nil
        if message.isText, message.isValidUTF8 {
            let text = isCut ? shown.extracting(first: shown.countOfWholeScalars) : shown
            append(text, to: &long) { $0.append(jsonEscaped: $1) }
        } else if message.isText {
            // Browsers show text; the bytes go next to it.
            session.omissions.notUTF8 &+= 1
            append(shown, to: &long) { $0.append(jsonEscapedText: $1) }
            record.append(#","_dataBase64":"#)
            append(shown, isText: false, to: &long) { $0.append(base64: $1) }
        } else {
            append(shown, isText: false, to: &long) { $0.append(base64: $1) }
        }
        if isCut {
            session.omissions.cut &+= 1
            record.append(#","_truncated":true"#)
        }
        if event.isInferred { record.append(#","_inferred":true"#) }
        record.append("}")
        move(to: &long)
        guard let long else { return keep(of: session, asControl: false, key: key) }
        session.messages.endLong(long, in: &spool)
    }

    /// How much of a payload is escaped at a time; a multiple of 3, for base64.
    private static var pieceLength: Int { 192 << 10 }

    /// Appends a payload to ``record`` as a string, text by whole characters; the pieces of a long payload go to the
    /// spool.
    private mutating func append(
        _ payload: Span<UInt8>, isText: Bool = true, to long: inout SpooledRecords.Chunk?,
        _ write: (inout OutputBuffer, Span<UInt8>) -> Void
    ) {
        record.append("\"")
        var rest = payload
        while !rest.isEmpty {
            var piece = rest.extracting(first: Self.pieceLength)
            if isText, piece.count < rest.count { piece = piece.extracting(first: piece.countOfWholeScalars) }
            write(&record, piece)
            rest = rest.extracting(droppingFirst: piece.count)
            move(to: &long)
        }
        record.append("\"")
    }

    /// Moves ``record`` to the spool, as the end of a long record, if there is one.
    private mutating func move(to long: inout SpooledRecords.Chunk?) {
        guard long != nil else { return }
        record.withBytes { _ = spool.append($0) }
        long?.length += record.count
        record.removeAll()
    }

    mutating func write(_ event: borrowing FrameEvent, of session: HARSession, payload: Span<UInt8>) {
        begin(event.from, event.origin, event.frame.header.opcode)
        if case .withheld = event.payload {
            record.append(#""","_withheld":true"#)
        } else {
            record.append(base64String: payload.extracting(first: options.payload.maximum))
        }
        if let close = event.close {
            record.writeNamed(close.code)
            record.write(.reason, close.reason)
        }
        if event.isInferred { record.append(#","_inferred":true"#) }
        record.append("}")
        keep(of: session, asControl: true, key: Self.key(of: event.origin.time))
    }

    /// Orders records by time, since packets in a file may be out of order.
    private static func key(of time: Timestamp) -> UInt64 {
        UInt64(bitPattern: time.nanoseconds) ^ 1 << 63
    }

    /// Begins a message, up to its data.
    ///
    /// The first message in a list loses its comma when it is printed.
    private mutating func begin(_ from: Role, _ origin: Origin, _ opcode: Opcode) {
        switch from {
        case .client: record.append(",\n{\"type\":\"send\",\"time\":")
        case .server: record.append(",\n{\"type\":\"receive\",\"time\":")
        }
        record.append(seconds: origin.time.nanoseconds)
        record.append(#","opcode":"#)
        record.append(decimal: UInt64(opcode.rawValue))
        record.append(#","data":"#)
    }

    /// Returns what follows an entry's control frames: how the session ended, and how long it took.
    mutating func closing(
        of session: HARSession, _ end: borrowing SessionEnd, at context: borrowing EventContext
    ) -> OutputBuffer {
        let verdict = end.verdict
        var closing = OutputBuffer(capacity: 1 << 10)
        closing.append(#"],"_webSocketClose":{"time":"#)
        closing.append(seconds: context.place(of: end.origin).time.nanoseconds)
        closing.append(#","code":"#)
        closing.append(decimalOrNull: verdict.code.map { UInt64($0.rawValue) })
        closing.write(.reason, verdict.reason)
        closing.write(.clean, verdict.isClean)
        closing.write(.text, VerdictMessage.text(verdict, upgrade: session.isAccepted ? .accepted : .unseen))
        closing.write(.verdict, verdict)
        closing.append("}")
        closing.append(session.timings)
        if let comment = session.omissions.comment {
            closing.append(#","comment":"#)
            closing.append(jsonString: comment)
        }
        closing.append("}")
        return closing
    }
}

extension OutputBuffer {
    /// Appends bytes in base64 as a string.
    fileprivate mutating func append(base64String bytes: Span<UInt8>) {
        append("\"")
        append(base64: bytes)
        append("\"")
    }
}
