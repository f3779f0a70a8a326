public import WireFormat

/// Many connections that each do one of the things that make a program keep bytes.
///
/// The packets, raw IPv4 without checksums, are made one at a time: the crowd itself takes constant memory.
public struct Crowd {
    /// The next step of a connection.
    public enum Step: UInt8, CaseIterable, Sendable {
        /// Only a SYN.
        case syn
        /// An upgrade, with permessage-deflate.
        case open
        /// An upgrade with a long URL.
        case longURL
        /// A refused upgrade with a long URL, and another request that gets no response.
        case refused
        /// An unfinished request head.
        case head
        /// Requests that get no response.
        case requests
        /// An unfinished message in one frame.
        case message
        /// An unfinished message in frames of a few bytes.
        case fragments
        /// An unfinished compressed message.
        case deflate
        /// Bytes after a hole.
        case hole
        /// Single bytes after holes.
        case holes
        /// Unanswered Pings.
        case pings
        /// Pings and Pongs.
        case pongs
        /// Small messages that are not acknowledged.
        case messages
        /// Retransmitted segments.
        case repeats
        /// A Close frame with a long reason.
        case close
        /// Bytes of a connection that began before the capture.
        case midstream
        /// A lost byte, and bytes that are not frames.
        case lost
        /// A fragment of a datagram that stays incomplete.
        case fragment
        /// A FIN of either end.
        case end
        /// A TLS handshake with a long server name and long application protocols, of which nothing can be decrypted.
        case hello
        /// The response to an upgrade, after a hole, on a connection whose request was not captured.
        case lateAnswer
        /// An upgrade request.
        case ask
        /// An upgrade response.
        case answer
    }

    /// Receives a packet of the crowd.
    public typealias Receiver = (borrowing CapturedPacket) -> Void

    private var next: [UInt32]
    private var isOpen: [Bool]
    private var isUpgraded: [Bool]
    private var number: UInt64 = 0
    private var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    private var packet: [UInt8] = []
    private var payload: [UInt8] = []

    /// Creates a crowd of connections that have not sent anything.
    public init(connections count: Int) {
        next = Array(repeating: 1000, count: 2 * count)
        isOpen = Array(repeating: false, count: count)
        isUpgraded = isOpen
        packet.reserveCapacity(1 << 16)
        payload.reserveCapacity(1 << 16)
    }

    /// Takes a step of a connection.
    ///
    /// - Parameters:
    ///   - step: The step.
    ///   - connection: The connection, from 0; numbers beyond the last wrap around.
    ///   - amount: How much of it.
    ///   - receive: Receives the packets.
    public mutating func take(_ step: Step, connection: Int, amount: UInt8, _ receive: Receiver) {
        let place = connection % isOpen.count
        let amount = Int(amount) + 1
        switch step {
        case .syn, .open, .longURL, .refused, .head, .requests, .midstream, .fragment, .end, .hello, .lateAnswer, .ask,
            .answer:
            begin(step, place, amount, receive)
        case .message, .fragments, .deflate, .hole, .holes, .pings, .pongs, .messages, .repeats, .close, .lost:
            if !isUpgraded[place] { begin(.open, place, 0, receive) }
            act(step, place, amount, receive)
        }
    }

    private mutating func begin(_ step: Step, _ place: Int, _ amount: Int, _ receive: Receiver) {
        switch step {
        case .syn:
            isOpen[place] = true
            segment(place, from: 0, flags: 0x02, receive)
            next[2 * place] &+= 1
        case .open:
            ask(place, path: 1, receive)
            answer(place, "101 Switching Protocols", receive)
            isUpgraded[place] = true
        case .longURL:
            ask(place, path: 200 * amount, receive)
            answer(place, "101 Switching Protocols", receive)
            isUpgraded[place] = true
        case .refused:
            ask(place, path: 200 * amount, receive)
            answer(place, "403 Forbidden", receive)
            ask(place, path: 200 * amount, receive)
        case .head:
            handshake(place, receive)
            fill("GET / HTTP/1.1\r\nHost: a\r\nX: ", 200 * amount)
            send(place, from: 0, receive)
        case .requests:
            handshake(place, receive)
            for _ in 0..<amount {
                fill("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0)
                send(place, from: 0, receive)
            }
        case .midstream:
            isOpen[place] = true
            for end in 0...1 {
                fill("", 100 * amount)
                for index in payload.indices {
                    payload[index] = UInt8(truncatingIfNeeded: index &* index &* 31 &+ place)
                }
                send(place, from: end, receive)
            }
        case .fragment:
            fill("", 100 * amount)
            segment(place, from: 0, flags: 0x10, isFragment: true, receive)
        case .ask: ask(place, path: 1, receive)
        case .answer:
            handshake(place, receive)
            answer(place, "101 Switching Protocols", receive)
        case .lateAnswer:
            handshake(place, receive)
            next[2 * place + 1] &+= UInt32(amount)
            answer(place, "101 Switching Protocols", receive)
        case .hello:
            handshake(place, receive)
            hello(place, amount)
            send(place, from: 0, receive)
            // A handshake record with a ServerHello of TLS 1.3 (RFC 8446 4.1.3).
            fill([0x16, 3, 3, 0, 50, 2, 0, 0, 46, 3, 3], 32)
            payload += [0, 0x13, 0x01, 0, 0, 6, 0, 0x2b, 0, 2, 3, 4]
            send(place, from: 1, receive)
        default:
            segment(place, from: amount & 1, flags: 0x11, receive)
            next[2 * place + (amount & 1)] &+= 1
        }
    }

    /// Makes the payload of a ClientHello (RFC 8446 4.1.2) with names that only this connection has.
    private mutating func hello(_ place: Int, _ amount: Int) {
        let long = min(amount, 250)
        let own = Array("\(place)".utf8)
        let name = own + [UInt8](repeating: 0x61, count: long)
        // The lengths of the extension, of the list in it, and of the name (RFC 6066 3).
        var extensions: [UInt8] = [0, 0]
        for (index, size) in [name.count + 5, name.count + 3, name.count].enumerated() {
            if index == 2 { extensions.append(0) }
            extensions += [UInt8(size >> 8), UInt8(size & 0xff)]
        }
        extensions += name
        // Four application protocols (RFC 7301 3.1).
        let offered = Array(repeating: [UInt8(long)] + [UInt8](repeating: 0x62, count: long), count: 4).flatMap(\.self)
        extensions += [0, 16, UInt8((offered.count + 2) >> 8), UInt8((offered.count + 2) & 0xff)]
        extensions += [UInt8(offered.count >> 8), UInt8(offered.count & 0xff)] + offered
        var body: [UInt8] = [3, 3] + [UInt8](repeating: UInt8(truncatingIfNeeded: place), count: 32)
        body += [0, 0, 2, 0x13, 0x01, 1, 0, UInt8(extensions.count >> 8), UInt8(extensions.count & 0xff)] + extensions
        fill([0x16, 3, 1, UInt8((body.count + 4) >> 8), UInt8((body.count + 4) & 0xff)], 0)
        payload += [1, 0, UInt8(body.count >> 8), UInt8(body.count & 0xff)] + body
    }

    private mutating func act(_ step: Step, _ place: Int, _ amount: Int, _ receive: Receiver) {
        switch step {
        case .message:
            fill([0x02, 0x7f, 0, 0, 0, 1, 0, 0, 0, 0], 250 * amount)
            send(place, from: 1, receive)
        case .fragments:
            for _ in 0..<(amount / 4 + 1) {
                fill([0x00, 0x7e, 2, 0], 512)
                send(place, from: 1, receive)
            }
        case .deflate:
            // A stored block (RFC 1951 3.2.4).
            fill([0x42, 0x7f, 0, 0, 0, 1, 0, 0, 0, 0, 0x00, 0xff, 0xff, 0x00, 0x00], 250 * amount)
            send(place, from: 1, receive)
        case .hole:
            next[2 * place + 1] &+= 1
            fill("", 250 * amount)
            send(place, from: 1, receive)
        case .holes:
            for index in 0..<amount {
                next[2 * place + index & 1] &+= 1
                fill([1], 0)
                send(place, from: index & 1, receive)
            }
        case .pings, .pongs:
            for index in 0..<amount {
                fill([0x89, 0x02, UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: number)], 0)
                let ping = payload[2...3]
                send(place, from: 1, receive)
                guard step == .pongs else { continue }
                fill([0x8a, 0x82, 0, 0, 0, 0] + ping, 0)
                send(place, from: 0, receive)
            }
        case .messages:
            for index in 0..<amount {
                fill(index & 1 == 0 ? [0x81, 0x81, 0, 0, 0, 0, 0x61] : [0x81, 0x01, 0x61], 0)
                send(place, from: index & 1, receive)
            }
        case .repeats:
            for index in 0..<amount {
                fill([0x81, 0x01, 0x61], 0)
                send(place, from: 1, receive)
                next[2 * place + 1] &-= UInt32(index & 1) * 3
            }
        case .close:
            fill([0x88, 0x7d, 0x03, 0xe8], 0x7b)
            send(place, from: 1, receive)
        default:
            for end in 0...1 {
                next[2 * place + end] &+= 1
                fill("", 100 * amount)
                for index in payload.indices {
                    payload[index] = UInt8(truncatingIfNeeded: index &* index &* 13 &+ place)
                }
                send(place, from: end, receive)
            }
        }
    }

    private mutating func handshake(_ place: Int, _ receive: Receiver) {
        guard !isOpen[place] else { return }
        isOpen[place] = true
        for end in 0...1 {
            segment(place, from: end, flags: end == 0 ? 0x02 : 0x12, receive)
            next[2 * place + end] &+= 1
        }
        segment(place, from: 0, flags: 0x10, receive)
    }

    private mutating func ask(_ place: Int, path: Int, _ receive: Receiver) {
        handshake(place, receive)
        fill("GET /", path)
        payload +=
            """
             HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n
            """.utf8
        send(place, from: 0, receive)
    }

    private mutating func answer(_ place: Int, _ status: String, _ receive: Receiver) {
        fill("HTTP/1.1 ", 0)
        payload += status.utf8
        payload +=
            """
            \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
            Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n
            """.utf8
        send(place, from: 1, receive)
    }

    private mutating func fill(_ start: String, _ count: Int) { fill(Array(start.utf8), count) }

    /// Makes a payload from a start and some letters.
    private mutating func fill(_ start: [UInt8], _ count: Int) {
        payload.removeAll(keepingCapacity: true)
        payload += start
        for _ in 0..<count { payload.append(0x61) }
    }

    private mutating func send(_ place: Int, from end: Int, _ receive: Receiver) {
        segment(place, from: end, flags: 0x18, receive)
        next[2 * place + end] &+= UInt32(payload.count)
    }

    private mutating func segment(
        _ place: Int, from end: Int, flags: UInt8, isFragment: Bool = false, _ receive: Receiver
    ) {
        if flags & 0x08 == 0, !isFragment { payload.removeAll(keepingCapacity: true) }
        number &+= 1
        time.nanoseconds += 1_000_000
        let length = 40 + payload.count
        let client: [UInt8] = [10, 0, UInt8(truncatingIfNeeded: place >> 8), UInt8(truncatingIfNeeded: place)]
        let addresses = end == 0 ? [client, [10, 1, 0, 1]] : [[10, 1, 0, 1], client]
        let ports: [UInt8] = end == 0 ? [0xd0, 0xa4, 0x1f, 0x90] : [0x1f, 0x90, 0xd0, 0xa4]
        packet.removeAll(keepingCapacity: true)
        packet += [0x45, 0, UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        packet += [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
        packet += isFragment ? [0x20, 0] : [0x40, 0]
        packet += [64, 6, 0, 0] + addresses[0] + addresses[1] + ports
        for value in [next[2 * place + end], next[2 * place + 1 - end]] {
            packet += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
        }
        packet += [0x50, flags, 0xff, 0xff, 0, 0, 0, 0]
        packet += payload
        receive(
            CapturedPacket(
                number: number, time: time, linkType: .ipv4, originalLength: packet.count, bytes: packet.span))
    }
}
