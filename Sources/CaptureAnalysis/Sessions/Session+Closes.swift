import WebSocketProtocol
import WireFormat

/// The order of the two Close frames.
///
/// The one whose sender had received the other is the answer, in whatever order they were captured. If neither sender
/// had, the frames crossed, and the one captured first counts as first.
extension Session {
    /// Records the first Close frame of an end.
    mutating func record(_ close: SentClose, from role: Role) {
        streams[role.index].record(close)
        orderCloses()
        // On the fast path, how far a segment's sender had received is looked up only after the segment.
        if close.received == nil { watchesSegments = true }
    }

    /// The sender of a Close frame in a packet, if it is unknown how far it had received; nil if there is none.
    mutating func closeWithoutReceipt(in packet: UInt64) -> Role? {
        guard firstCloser != nil else { return nil }
        if streams[Role.client.index].lacksReceipt(ofCloseIn: packet) { return .client }
        return streams[Role.server.index].lacksReceipt(ofCloseIn: packet) ? .server : nil
    }

    /// Records how far an end had received the other TCP stream when it sent its Close frame.
    mutating func record(received offset: UInt64, by role: Role) {
        guard var close = streams[role.index].close else { return }
        close.received = offset
        streams[role.index].record(close)
        orderCloses()
    }

    /// Whether both Close frames were sent.
    var isShut: Bool { mutating get { streams[0].close != nil && streams[1].close != nil } }

    private mutating func orderCloses() {
        guard let client = streams[Role.client.index].close, let server = streams[Role.server.index].close else {
            firstCloser = streams[Role.client.index].close == nil ? .server : .client
            return
        }
        firstCloser =
            switch (client.answers(server), server.answers(client)) {
            case (true, false): .server
            case (false, true): .client
            case (true, true), (false, false): client.origin.packet <= server.origin.packet ? .client : .server
            }
    }
}
