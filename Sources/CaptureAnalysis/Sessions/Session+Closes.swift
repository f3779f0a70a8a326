import WebSocketProtocol
import WireFormat

/// Which of two Close frames came first.
///
/// The one whose sender had received the other is the answer, in whatever order they were captured. If neither had,
/// they have crossed, and the one captured first counts.
extension Session {
    /// Records the first Close frame of an end.
    mutating func record(_ close: SentClose, from role: Role) {
        streams[role.index].record(close)
        orderCloses()
        // What the sender of a segment on the fast path had received is looked up only after the segment.
        if close.received == nil { watchesSegments = true }
    }

    /// Who sent a Close frame in a packet of which it is not known what its sender had received; nil if nobody did.
    mutating func closeWithoutReceipt(in packet: UInt64) -> Role? {
        guard firstCloser != nil else { return nil }
        if streams[Role.client.index].lacksReceipt(ofCloseIn: packet) { return .client }
        return streams[Role.server.index].lacksReceipt(ofCloseIn: packet) ? .server : nil
    }

    /// Records what an end had received of the other one's TCP stream when it sent its Close frame.
    mutating func record(received offset: UInt64, by role: Role) {
        guard var close = streams[role.index].close else { return }
        close.received = offset
        streams[role.index].record(close)
        orderCloses()
    }

    /// Whether both Close frames have passed.
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
