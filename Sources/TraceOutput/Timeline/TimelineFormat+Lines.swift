import CaptureAnalysis
import TCPReassembly
import WebSocketProtocol

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

    /// Appends text of the program's own in a style.
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

    /// Begins a line: the session's tag, if there are several, and the time.
    mutating func beginLine(_ session: SessionID, elapsed: Int64?) {
        if isTagged, session.connection > 0 {
            let columns = append(session)
            output.append(repeating: UInt8(ascii: " "), count: columns > 5 ? 1 : 5 - columns)
        } else {
            output.append(isTagged ? "     " : "  ")
        }
        guard let elapsed else { return }
        let style = self.style(.faint)
        output.begin(style)
        let microseconds = elapsed.magnitude / 1000
        let width = OutputBuffer.decimalDigits(of: microseconds / 1_000_000) + 7 + (elapsed < 0 ? 1 : 0)
        output.append(repeating: UInt8(ascii: " "), count: Self.timeWidth - width)
        if elapsed < 0 { output.append("-") }
        output.append(decimal: microseconds / 1_000_000)
        output.append(".")
        output.append(decimal: microseconds % 1_000_000, digits: 6)
        output.end(style)
        output.append("  ")
    }

    /// Begins a line, with its layer (four columns) and an arrow for the sender.
    mutating func beginLine(
        _ context: borrowing EventContext, elapsed: Int64? = nil, _ layer: StaticString,
        _ layerStyle: TextStyle? = nil, from: Role?
    ) {
        if let elapsed {
            beginLine(context.session, elapsed: elapsed)
        } else {
            beginLine(context.session, elapsed: context.elapsed)
        }
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

    /// Begins the details, if `columns` of the middle are used.
    mutating func beginDetail(after columns: Int) {
        output.append(repeating: UInt8(ascii: " "), count: max(Self.middleWidth - columns, 0) + 2)
    }

    mutating func endLine() {
        output.append("\n")
    }

    /// The line of `-v` above the events of a packet: its numbers and the resulting states.
    mutating func writePacket(_ context: borrowing EventContext) {
        guard options.isVerbose, context.connection > 0, shownPacket != (context.session, context.packet) else {
            return
        }
        shownPacket = (context.session, context.packet)
        let view = context.view
        beginLine(context.session, elapsed: nil)
        let style = self.style(.faint)
        output.begin(style)
        output.append("packet ")
        output.append(decimal: context.packet)
        if let sender = view.sender {
            output.append(sender == .client ? "  →  seq " : "  ←  seq ")
            output.append(decimal: UInt64(view.sequence))
            if let acknowledgment = view.acknowledgment {
                output.append(" ack ")
                output.append(decimal: UInt64(acknowledgment))
            }
        }
        output.append("  client ")
        output.append(verbatim: view.clientState.name)
        output.append(" ")
        output.append(verbatim: view.clientReadyState.rawValue)
        output.append("  server ")
        output.append(verbatim: view.serverState.name)
        output.append(" ")
        output.append(verbatim: view.serverReadyState.rawValue)
        output.end(style)
        endLine()
    }
}
