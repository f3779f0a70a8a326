/// The contents of a generated capture, counted as it was made.
public struct CaptureTruth: Codable, Hashable, Sendable {
    /// What one end sent in all sessions.
    public struct Sent: Codable, Hashable, Sendable {
        /// Frames by opcode, 16 numbers.
        public var frames = [UInt64](repeating: 0, count: 16)
        /// Data messages.
        public var messages: UInt64 = 0
        /// Those of them that are compressed.
        public var compressedMessages: UInt64 = 0
        /// Payload bytes of all frames, as they are on the wire.
        public var framePayload: UInt64 = 0
        /// Bytes of the messages, before compression.
        public var messageBytes: UInt64 = 0
        /// The sum of the CRC-32 of each message before compression, which does not depend on their order.
        public var checksum: UInt64 = 0

        /// Nothing was sent.
        public init() {}
    }

    /// Packets.
    public var packets: UInt64 = 0
    /// Their bytes.
    public var bytes: UInt64 = 0
    /// Bytes of all TCP streams, each counted once.
    public var streamBytes: UInt64 = 0
    /// TCP connections.
    public var connections: UInt64 = 0
    /// Those with an accepted upgrade.
    public var sessions: UInt64 = 0
    /// Those of them with permessage-deflate.
    public var compressedSessions: UInt64 = 0
    /// Connections whose upgrade was refused.
    public var refusals: UInt64 = 0
    /// Segments that came late.
    public var reordered: UInt64 = 0
    /// Segments that came twice.
    public var repeated: UInt64 = 0
    /// Segments that began with bytes of the previous one.
    public var overlapping: UInt64 = 0
    /// Connections that ended with a RST.
    public var resets: UInt64 = 0
    /// Connections that were open at the capture's end.
    public var open: UInt64 = 0
    /// The totals of clients.
    public var client = Sent()
    /// The totals of servers.
    public var server = Sent()

    /// Frames of both ends.
    public var frames: UInt64 { client.frames.reduce(0, +) + server.frames.reduce(0, +) }
    /// Messages of both ends.
    public var messages: UInt64 { client.messages + server.messages }

    /// The totals of an end.
    subscript(end: End) -> Sent {
        get { end == .client ? client : server }
        _modify {
            if end == .client { yield &client } else { yield &server }
        }
    }
}
