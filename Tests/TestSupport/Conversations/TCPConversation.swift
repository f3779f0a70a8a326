package import PacketDecoding
package import WireFormat

/// A conversation over TCP as Ethernet packets, a millisecond apart, with correct sequence numbers.
///
///     var talk = TCPConversation()
///     talk.open()
///     talk.send("GET / HTTP/1.1\r\n\r\n", from: .client)
///     talk.finish(from: .client)
package struct TCPConversation: Sendable {
    /// The end that opens the connection.
    package let client: Endpoint
    /// The end that answers.
    package let server: Endpoint
    /// The packets so far.
    package private(set) var packets: [TimedPacket] = []
    /// The time of the next packet, in nanoseconds since 1970.
    package private(set) var clock: Int64

    private var next: [ExpectedMessage.Sender: UInt32]

    /// Creates a conversation without packets.
    ///
    /// - Parameters:
    ///   - client: The end that opens the connection.
    ///   - server: The end that answers.
    ///   - seconds: The first packet's time, since 1970.
    ///   - initialSequence: The client's initial sequence number; the server's is 1000 higher.
    package init(
        from client: Endpoint = Endpoint("10.0.0.7:53412"), to server: Endpoint = Endpoint("10.0.0.9:8080"),
        at seconds: Int64 = 1_700_000_000, initialSequence: UInt32 = 1000
    ) {
        self.client = client
        self.server = server
        clock = seconds * 1_000_000_000
        next = [.client: initialSequence, .server: initialSequence &+ 1000]
    }

    /// Creates a conversation without packets, between ends given as text.
    package init(from client: String, to server: String = "10.0.0.9:8080", at seconds: Int64 = 1_700_000_000) {
        self.init(from: Endpoint(client), to: Endpoint(server), at: seconds)
    }

    /// Adds the three-way handshake.
    package mutating func open() {
        append(from: .client, [.syn])
        advance(.client, by: 1)
        append(from: .server, [.syn, .ack])
        advance(.server, by: 1)
        acknowledge(from: .client)
    }

    /// Sends a segment with data.
    package mutating func send(_ bytes: [UInt8], from sender: ExpectedMessage.Sender) {
        append(from: sender, [.psh, .ack], bytes)
        advance(sender, by: bytes.count)
    }

    /// Sends data from an end that has not received the last bytes of the other end.
    package mutating func send(
        _ bytes: [UInt8], from sender: ExpectedMessage.Sender, withoutLast byteCount: Int
    ) {
        append(from: sender, [.psh, .ack], bytes, unacknowledged: byteCount)
        advance(sender, by: bytes.count)
    }

    /// Sends a segment with text.
    package mutating func send(_ text: String, from sender: ExpectedMessage.Sender) {
        send(Array(text.utf8), from: sender)
    }

    /// Adds data that the other end receives, but that the capture lacks.
    package mutating func lose(_ byteCount: Int, from sender: ExpectedMessage.Sender) {
        advance(sender, by: byteCount)
        clock += 1_000_000
    }

    /// Sends a segment without data that acknowledges everything the other end has sent.
    package mutating func acknowledge(from sender: ExpectedMessage.Sender) {
        append(from: sender, [.ack])
    }

    /// Sends a segment without data that acknowledges more bytes than the other end has sent.
    package mutating func acknowledge(from sender: ExpectedMessage.Sender, beyond byteCount: Int) {
        append(from: sender, [.ack], unacknowledged: -byteCount)
    }

    /// Retransmits an end's last bytes.
    package mutating func sendAgain(_ bytes: [UInt8], from sender: ExpectedMessage.Sender) {
        next[sender, default: 0] &-= UInt32(truncatingIfNeeded: bytes.count)
        send(bytes, from: sender)
    }

    /// Sends a keep-alive probe: a segment without data, just before the next byte (RFC 9293 3.8.4).
    package mutating func probe(from sender: ExpectedMessage.Sender) {
        next[sender, default: 0] &-= 1
        acknowledge(from: sender)
        advance(sender, by: 1)
    }

    /// Sends a FIN.
    package mutating func finish(from sender: ExpectedMessage.Sender) {
        append(from: sender, [.fin, .ack])
        advance(sender, by: 1)
    }

    /// Sends both FINs and their acknowledgments.
    package mutating func finish(first sender: ExpectedMessage.Sender) {
        finish(from: sender)
        finish(from: sender.peer)
        acknowledge(from: sender)
    }

    /// Sends a RST.
    package mutating func reset(from sender: ExpectedMessage.Sender) {
        append(from: sender, [.rst, .ack])
    }

    /// Sends a RST that answers data to a socket that is gone: it acknowledges nothing (RFC 9293 3.10.7.1).
    package mutating func refuse(from sender: ExpectedMessage.Sender) {
        append(from: sender, [.rst])
    }

    /// Sends such a RST to an end that, as its data shows, has not received the last bytes of the RST's sender.
    package mutating func refuse(from sender: ExpectedMessage.Sender, withoutLast byteCount: Int) {
        next[sender, default: 0] &-= UInt32(truncatingIfNeeded: byteCount)
        refuse(from: sender)
        advance(sender, by: byteCount)
    }

    /// Sends a RST from an end that has not received the last bytes of the other end.
    package mutating func reset(from sender: ExpectedMessage.Sender, withoutLast byteCount: Int) {
        append(from: sender, [.rst, .ack], unacknowledged: byteCount)
    }

    /// Lets time pass.
    package mutating func wait(milliseconds: Int64) {
        clock += milliseconds * 1_000_000
    }

    private mutating func append(
        from sender: ExpectedMessage.Sender, _ flags: TCPFlags, _ payload: [UInt8] = [], unacknowledged: Int = 0
    ) {
        let isClient = sender == .client
        let packet = TCPPacket(
            from: isClient ? client : server, to: isClient ? server : client, sequence: next[sender, default: 0],
            acknowledgment: flags.contains(.ack)
                ? next[sender.peer, default: 0] &- UInt32(truncatingIfNeeded: unacknowledged) : 0,
            flags: flags,
            payload: payload)
        packets.append(TimedPacket(at: Timestamp(nanoseconds: clock), packet.ethernet()))
        clock += 1_000_000
    }

    private mutating func advance(_ sender: ExpectedMessage.Sender, by count: Int) {
        next[sender, default: 0] &+= UInt32(truncatingIfNeeded: count)
    }
}

/// A packet, and the time of its capture.
package struct TimedPacket: Sendable {
    /// The time of its capture.
    package var time: Timestamp
    /// The captured part, from the link-layer header on.
    package var bytes: [UInt8]
    /// Its length on the wire, in bytes.
    package var originalLength: Int

    /// Creates a packet that was captured completely.
    package init(at time: Timestamp, _ bytes: [UInt8]) {
        self.time = time
        self.bytes = bytes
        originalLength = bytes.count
    }

    /// Captures it later.
    package mutating func delay(milliseconds: Int64) {
        time = Timestamp(nanoseconds: time.nanoseconds + milliseconds * 1_000_000)
    }
}

extension [TimedPacket] {
    /// A pcap file of the packets, with times truncated to microseconds.
    ///
    /// - Parameter linkType: The link type number in the file's header; 1 is Ethernet.
    /// - Returns: The file.
    package func pcap(linkType: UInt32 = 1) -> [UInt8] {
        var builder = PcapBuilder(linkType: LinkType(rawValue: linkType))
        for packet in self {
            let (seconds, fraction) = packet.time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
            builder.append(
                packet.bytes, seconds: UInt32(seconds), fraction: UInt32(fraction / 1000),
                originalLength: packet.originalLength)
        }
        return builder.bytes
    }
}
