import WebSocketProtocol
import WireFormat

/// The first FIN of a session's connection, or the RST in place of one.
///
/// An object, so that sessions without any take no room for it.
final class FirstFin {
    /// The memory that it takes, in bytes.
    static let cost = 112

    /// Its packet.
    let packet: UInt64
    /// Who sent it.
    private let sender: Role
    /// How far its sender had received the other end's stream; nil if unknown.
    ///
    /// Bytes before this offset were captured late.
    private let received: UInt64?
    /// The times of the last bytes and messages before it; nil unless anything came after it.
    private(set) var before: LastTimes?

    /// Records a FIN.
    ///
    /// - Parameters:
    ///   - packet: Its packet.
    ///   - sender: Who sent it.
    ///   - received: How far that end had received the other stream; nil if unknown.
    init(packet: UInt64, sender: Role, received: UInt64?) {
        self.packet = packet
        self.sender = sender
        self.received = received
    }

    /// Records whether bytes came before or after it.
    ///
    /// - Parameters:
    ///   - source: Where the bytes come from.
    ///   - end: Where they end in TCP; nil if a layer carries them.
    ///   - isMessage: Whether they completed a message.
    ///   - last: The times of the last bytes and messages before these.
    func record(_ source: Provenance, endingAt end: UInt64?, isMessage: Bool, last: LastTimes) {
        let wasReceived = source.role != sender && end.flatMap { end in received.map { end <= $0 } } ?? false
        guard source.origin.packet <= packet || wasReceived else {
            if before == nil { before = last }
            return
        }
        if isMessage { before?.recordMessage(from: source) } else { before?.recordByte(from: source) }
    }
}
