public import WireFormat

extension TCPConnection {
    /// The state of the end that sends this stream (RFC 9293 3.3.2).
    ///
    /// Asking mutates, although nothing changes: else the compiler moves the whole streams first.
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

    private mutating func openingState(of direction: Direction) -> TCPState {
        guard isOpeningKnown else { return packets > 0 ? .established : .unknown }
        // Data behind the handshake tell of its last segment, if the capture lacks it.
        let hasData = streams[0].seenOffset > 0 || streams[1].seenOffset > 0
        if handshakeAck != nil && synAck != nil || packets > 3 && hasData { return .established }
        if isSimultaneousOpen { return .synReceived }
        if direction == .fromInitiator { return .synSent }
        return synAck != nil ? .synReceived : .listen
    }
}
