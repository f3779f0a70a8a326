import WireFormat

/// The state of one end of a connection (RFC 9293 3.3.2), as far as the packets show.
public enum TCPState: UInt8, Hashable, Sendable {
    /// Unknown: the connection began before the capture and has not shown its state.
    case unknown
    /// Waiting for a SYN.
    case listen
    /// Has sent a SYN.
    case synSent
    /// Has received a SYN and sent one.
    case synReceived
    /// Open for data.
    case established
    /// Has sent a FIN that is not acknowledged.
    case finWait1
    /// Has sent a FIN that is acknowledged; the other end may still send.
    case finWait2
    /// Has received a FIN and may still send.
    case closeWait
    /// Both ends have sent a FIN; its own is not acknowledged.
    case closing
    /// Has received a FIN and sent its own, which is not acknowledged.
    case lastAck
    /// Both FINs are acknowledged; waiting for stray segments.
    case timeWait
    /// Over.
    case closed

    /// The RFC's name, such as "FIN-WAIT-1".
    public var name: String {
        switch self {
        case .unknown: "?"
        case .listen: "LISTEN"
        case .synSent: "SYN-SENT"
        case .synReceived: "SYN-RECEIVED"
        case .established: "ESTABLISHED"
        case .finWait1: "FIN-WAIT-1"
        case .finWait2: "FIN-WAIT-2"
        case .closeWait: "CLOSE-WAIT"
        case .closing: "CLOSING"
        case .lastAck: "LAST-ACK"
        case .timeWait: "TIME-WAIT"
        case .closed: "CLOSED"
        }
    }
}

extension TCPConnection {
    /// The state of the end that sends this stream (RFC 9293 3.3.2).
    ///
    /// `mutating` so that the streams are read in place, not moved.
    mutating func currentState(of direction: Direction) -> TCPState {
        if reset != nil { return .closed }
        let hasSentFin = streams[direction.index].finOffset != nil
        let hasReceivedFin = streams[direction.opposite.index].isFinAcknowledged
        switch (hasSentFin, streams[direction.index].isFinAcknowledged, hasReceivedFin) {
        case (false, _, false): return openingState(of: direction)
        case (false, _, true): return .closeWait
        case (true, false, false): return .finWait1
        case (true, true, false): return .finWait2
        case (true, false, true): return receivedFinFirst(direction) ? .lastAck : .closing
        case (true, true, true): return receivedFinFirst(direction) ? .closed : .timeWait
        }
    }

    /// Whether the end that sends this stream received the other's FIN before it sent its own.
    func receivedFinFirst(_ direction: Direction) -> Bool {
        hadReceivedFin[direction.index]
    }

    private mutating func openingState(of direction: Direction) -> TCPState {
        guard isOpeningKnown else { return packets > 0 ? .established : .unknown }
        // Data after the handshake implies its last segment, even if the capture lacks it.
        let hasData = streams[0].seenOffset > 0 || streams[1].seenOffset > 0
        if handshakeAck != nil && synAck != nil || packets > 3 && hasData { return .established }
        if isSimultaneousOpen { return .synReceived }
        if direction == .fromInitiator { return .synSent }
        return synAck != nil ? .synReceived : .listen
    }
}
