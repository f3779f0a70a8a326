import CaptureAnalysis
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// The columns that all lines share: tag, time, layer, arrow, 20 columns, details.
extension TimelineFormat {
    /// The columns between the arrow and the details, without the two that separate them.
    static let middleWidth = 19

    /// The columns of the time, enough to align up to 999.999999 s.
    private static let timeWidth = 10

    /// The style, if colours are wanted.
    func style(_ style: TextStyle) -> TextStyle? {
        options.hasColor ? style : nil
    }

    /// Appends the program's own text in a style.
    mutating func append(_ text: StaticString, _ style: TextStyle) {
        let style = self.style(style)
        output.begin(style)
        output.append(text)
        output.end(style)
    }

    /// Appends a session's tag, "#3" or "#3.5"; returns its columns.
    @discardableResult
    mutating func append(_ session: SessionID) -> Int {
        output.append("#")
        output.append(decimal: session.connection)
        var columns = 1 + OutputBuffer.decimalDigits(of: session.connection)
        if let stream = session.stream {
            output.append(".")
            output.append(decimal: stream)
            columns += 1 + OutputBuffer.decimalDigits(of: stream)
        }
        return columns
    }

    /// Begins a line: the session's tag, the time, the packet's number, the layer (four columns), an arrow for the
    /// sender.
    ///
    /// The tag is left out as long as all lines belong to one session whose heading was printed.
    ///
    /// - Parameters:
    ///   - context: The event's context.
    ///   - elapsed: Its time, if that is not the context's.
    ///   - packet: Its packet, if that is not the context's.
    ///   - layer: The layer's name.
    ///   - layerStyle: The style of the layer's name.
    ///   - from: The sender, if the line is about something that was sent.
    mutating func beginLine(
        _ context: borrowing EventContext, elapsed: Int64? = nil, packet: UInt64? = nil, _ layer: StaticString,
        _ layerStyle: TextStyle? = nil, from: Role?
    ) {
        let session = context.session
        if session.connection > 0, session != headedSession { isTagged = true }
        if isTagged, session.connection > 0 {
            let columns = append(session)
            output.append(repeating: UInt8(ascii: " "), count: columns > 5 ? 1 : 5 - columns)
        } else {
            output.append(isTagged ? "     " : "  ")
        }
        let faint = style(.faint)
        output.begin(faint)
        let (eventTime, eventPacket) = (context.elapsed, context.packet)
        appendTime(elapsed ?? eventTime, captureStart: context.time.nanoseconds &- eventTime)
        let packet = packet ?? eventPacket
        output.append(repeating: UInt8(ascii: " "), count: max(7 - OutputBuffer.decimalDigits(of: packet), 1))
        output.append(decimal: packet)
        output.end(faint)
        output.append("  ")
        let layerStyle = options.hasColor ? layerStyle : nil
        output.begin(layerStyle)
        output.append(layer)
        output.end(layerStyle)
        output.append(" ")
        switch from {
        case .client: append("→", .client)
        case .server: append("←", .server)
        case nil: output.append(" ")
        }
        output.append("  ")
    }

    /// Appends a time in the form that the options select; all times have six decimals.
    private mutating func appendTime(_ elapsed: Int64, captureStart: Int64) {
        switch options.time {
        case .elapsed: append(microseconds: elapsed)
        case .delta:
            append(microseconds: elapsed &- (previousElapsed ?? elapsed))
            previousElapsed = elapsed
        case .absolute: output.append(date: Timestamp(nanoseconds: captureStart &+ elapsed), &clock)
        }
    }

    private mutating func append(microseconds nanoseconds: Int64) {
        let microseconds = nanoseconds.magnitude / 1000
        let width = OutputBuffer.decimalDigits(of: microseconds / 1_000_000) + 7 + (nanoseconds < 0 ? 1 : 0)
        output.append(repeating: UInt8(ascii: " "), count: Self.timeWidth - width)
        if nanoseconds < 0 { output.append("-") }
        output.append(decimal: microseconds / 1_000_000)
        output.append(".")
        output.append(decimal: microseconds % 1_000_000, digits: 6)
    }

    /// Begins the details, if `columns` of the middle are used.
    mutating func beginDetail(after columns: Int) {
        output.append(repeating: UInt8(ascii: " "), count: max(Self.middleWidth - columns, 0) + 2)
    }

    mutating func endLine() {
        output.append("\n")
    }

    /// Ends a line about a packet; with `-v`, the packet's first line ends with its numbers and the resulting states.
    mutating func endLine(_ context: borrowing EventContext) {
        if options.isVerbose, context.connection > 0, shownPacket != (context.session, context.packet) {
            shownPacket = (context.session, context.packet)
            let view = context.view
            let faint = style(.faint)
            output.begin(faint)
            if view.sender != nil { append(sequence: view.sequence, acknowledgment: view.acknowledgment) }
            output.append("  client ")
            output.append(verbatim: view.clientState.name)
            output.append(" ")
            output.append(verbatim: view.clientReadyState.rawValue)
            output.append("  server ")
            output.append(verbatim: view.serverState.name)
            output.append(" ")
            output.append(verbatim: view.serverReadyState.rawValue)
            output.end(faint)
        }
        endLine()
    }

    /// Appends the numbers of a segment (`-v`).
    mutating func append(sequence: UInt32, acknowledgment: UInt32?) {
        output.append("  seq ")
        output.append(decimal: UInt64(sequence))
        guard let acknowledgment else { return }
        output.append(" ack ")
        output.append(decimal: UInt64(acknowledgment))
    }
}
