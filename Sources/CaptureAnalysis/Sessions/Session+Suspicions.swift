import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What a session makes of bytes that it cannot decode, or not yet.
extension Session {
    /// Looks for a Ping at the beginning of bytes that wait behind a hole, or in a search: a Pong may answer it before
    /// it is decoded.
    mutating func suspect(_ bytes: Span<UInt8>, from source: Provenance) {
        guard bytes.count >= 2, bytes[0] == 0x89, bytes[1] & 0x7f <= 125,
            (bytes[1] & 0x80 != 0) == (source.role == .client)
        else { return }
        let length = Int(bytes[1] & 0x7f)
        let start = source.role == .client ? 6 : 2
        // A few bytes alone may be anything.
        guard start &+ length <= bytes.count, length >= 2 || start &+ length == bytes.count else { return }
        var payload: [UInt8] = []
        payload.reserveCapacity(length)
        for index in 0..<length {
            let mask = source.role == .client ? bytes[2 &+ (index & 3)] : 0
            payload.append(bytes[start &+ index] ^ mask)
        }
        streams[source.index].pings.suspect(PingLedger.fingerprint(payload.span), source.origin)
    }

    /// Reports that frames would be whole if their lengths had another form.
    mutating func report(
        _ form: LengthForm, of length: Int, from role: Role, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let offset = streams[role.index].decoder.streamOffset &- UInt64(length)
        let finding =
            form == .reversed
            ? Finding(Rule(.lengthByteOrder), "\(length)", from: role, at: offset)
            : Finding(Rule(.lengthForm), "\(length)", form.condition, from: role, at: offset)
        workspace.report(finding, at: context, into: &sink)
    }
}
