import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// Segments that a Linux receiver ignores, as its application's log showed for each of these, with other segments in
/// their place.
@Suite("Segments that the receiver ignores")
struct IgnoredSegmentTests {
    /// A session in which the client has sent "one", with timestamps if `isStamped`; and the sequence numbers with
    /// which both continue.
    private static func session(isStamped: Bool) -> (packets: [TimedPacket], client: UInt32, server: UInt32) {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        talk.acknowledge(from: .server)
        let sent = TCPConversation.upgradeRequest().utf8.count + WireFrame.text("one", from: .client).count
        let answered = TCPConversation.upgradeResponse().utf8.count
        var packets = talk.packets
        if isStamped {
            for index in packets.indices {
                packets[index].stamp(100_000 + UInt32(index), echo: index == 0 ? 0 : 99_999 + UInt32(index))
            }
        }
        return (packets, 1001 + UInt32(sent), 2001 + UInt32(answered))
    }

    /// How a segment with other bytes differs from the real one that follows it.
    private struct Forgery: CustomTestStringConvertible {
        let testDescription: String
        /// The reason in the finding.
        let reason: String
        var flags: TCPFlags = [.psh, .ack]
        /// The offset added to its acknowledgment number.
        var acknowledgment: Int64 = 0
        var options: [TCPOption] = []
        /// The index of the changed byte of the frame.
        var place: Int?
        var isStamped = false

        init(_ name: String, _ reason: String, _ change: (inout Forgery) -> Void) {
            testDescription = name
            self.reason = reason
            change(&self)
        }
    }

    private static let forgeries: [Forgery] = [
        Forgery("no flag", "have no ACK flag") { $0.flags = .psh },
        Forgery("no flag at all", "have no ACK flag") { $0.flags = [] },
        Forgery("acknowledges 100,000 bytes too many", "acknowledge bytes never sent") { $0.acknowledgment = 100_000 },
        Forgery("acknowledges 2 bytes too many", "acknowledge bytes never sent") { $0.acknowledgment = 2 },
        Forgery("old acknowledgment", "acknowledge less than the other end can accept") {
            $0.acknowledgment = -0x4000_0000
        },
        Forgery("MD5", "are signed (TCP MD5) unlike the SYN") {
            $0.options = [.noOperation, .noOperation, .bytes([19, 18] + Array(repeating: 7, count: 16))]
        },
        Forgery("option that cannot be", "have malformed TCP options") {
            $0.options = [.bytes([5, 1] + Array(repeating: 1, count: 18))]
        },
        Forgery("MD5 of another length", "have malformed TCP options") {
            $0.options = [.bytes([19, 10] + Array(repeating: 1, count: 18))]
        },
        Forgery("old timestamp", "have an old timestamp (PAWS)") {
            $0.options = [.noOperation, .noOperation, .timestamps(5, echo: 0)]
            $0.isStamped = true
        },
        Forgery("old timestamp, without padding", "have an old timestamp (PAWS)") {
            $0.options = [.timestamps(99_999, echo: 0), .endOfOptions]
            $0.isStamped = true
        },
        Forgery("IP checksum", "have a wrong IP header checksum") { $0.place = 24 },
        Forgery("link address, last byte", "went to another link address") { $0.place = 5 },
        Forgery("link address, first byte", "went to another link address") { $0.place = 0 },
    ]

    /// The client's further packets: the forgery, and messages with the receiver's answers.
    private static func packets(_ forgery: Forgery, repeats: Int = 1) -> [TimedPacket] {
        var (packets, client, server) = session(isStamped: forgery.isStamped)
        var clock = packets[packets.count - 1].time.nanoseconds
        func add(_ packet: TCPPacket, isForged: Bool = false) {
            clock += 1_000_000
            var timed = TimedPacket(at: Timestamp(nanoseconds: clock), packet.ethernet())
            if isForged, let place = forgery.place { timed.bytes[place] ^= 0x41 }
            if forgery.isStamped, !isForged { timed.stamp(200_000 + UInt32(packets.count)) }
            packets.append(timed)
        }
        for _ in 0..<repeats {
            let evil = WireFrame.text("evil!!!", from: .client)
            let acknowledgment = UInt32(truncatingIfNeeded: Int64(server) + forgery.acknowledgment)
            add(
                TCPPacket(
                    sequence: client, acknowledgment: acknowledgment, flags: forgery.flags, options: forgery.options,
                    payload: evil), isForged: true)
            // The receiver's answer shows that it ignored the segment.
            add(
                TCPPacket(
                    from: Endpoint("10.0.0.9:8080"), to: Endpoint("10.0.0.7:53412"), sequence: server,
                    acknowledgment: client, flags: .ack))
            for text in ["after 0", "after 1"] {
                let frame = WireFrame.text(text, from: .client)
                add(TCPPacket(sequence: client, acknowledgment: server, flags: [.psh, .ack], payload: frame))
                client += UInt32(frame.count)
                let echo = WireFrame.text(text, from: .server)
                add(
                    TCPPacket(
                        from: Endpoint("10.0.0.9:8080"), to: Endpoint("10.0.0.7:53412"), sequence: server,
                        acknowledgment: client, flags: [.psh, .ack], payload: echo))
                server += UInt32(echo.count)
                add(TCPPacket(sequence: client, acknowledgment: server, flags: .ack))
            }
        }
        return packets
    }

    /// Why a SYN, and later data, never reach the server.
    enum Decoy: CaseIterable {
        case linkAddress, vlan, signature, noTimestamp, timestamp

        func packet(_ packet: TCPPacket, _ time: Timestamp) -> TimedPacket {
            var packet = packet
            switch (self, packet.flags.contains(.syn)) {
            case (.timestamp, true): packet.options = [.timestamps(50_000_000, echo: 0), .endOfOptions]
            case (.timestamp, false), (.noTimestamp, false): packet.options = [.timestamps(5, echo: 0), .endOfOptions]
            default: break
            }
            if self == .signature {
                packet.options = [.noOperation, .noOperation, .bytes([19, 18] + Array(repeating: 7, count: 16))]
            }
            var timed = TimedPacket(at: time, packet.ethernet())
            timed.bytes.replaceSubrange(0..<12, with: IgnoredSegmentTests.addresses(fromClient: true))
            if self == .linkAddress { timed.bytes[5] ^= 0x77 }
            if self == .vlan { timed.bytes.insert(contentsOf: [0x81, 0, 0, 5], at: 12) }
            return timed
        }
    }

    private static func addresses(fromClient: Bool) -> [UInt8] {
        let (client, server): ([UInt8], [UInt8]) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
        return fromClient ? server + client : client + server
    }

    @Test(
        "A SYN that never arrived does not show what the one that did was like: the SYN ACK does",
        arguments: Decoy.allCases, [0, 3])
    func decoy(decoy: Decoy, place: Int) {
        var packets = Self.session(isStamped: decoy == .timestamp || decoy == .noTimestamp).packets
        let client = packets[0].bytes[26..<30]
        for index in packets.indices {
            let isFromClient = packets[index].bytes[26..<30] == client
            packets[index].bytes.replaceSubrange(0..<12, with: Self.addresses(fromClient: isFromClient))
        }
        let evil = TCPPacket(sequence: 1001, acknowledgment: 2001, flags: [.psh, .ack], payload: Array("evil!".utf8))
        packets.insert(decoy.packet(evil, packets[2].time), at: 3)
        packets.insert(decoy.packet(TCPPacket(sequence: 1000, flags: .syn), packets[place].time), at: place)
        for isBatched in [true, false] {
            let analysis = Analysis(packets, isBatched: isBatched)
            #expect(analysis.texts == ["one"] && analysis.rules.contains("tcp.not-accepted"))
        }
    }

    @Test(
        "A forged answer on the way of such a SYN does not either: the segment that ends the handshake shows it",
        arguments: [Decoy.linkAddress, .vlan], [1, 2])
    func answeredDecoy(decoy: Decoy, order: Int) {
        var packets = Self.session(isStamped: false).packets
        let client = packets[0].bytes[26..<30]
        for index in packets.indices {
            let isFromClient = packets[index].bytes[26..<30] == client
            packets[index].bytes.replaceSubrange(0..<12, with: Self.addresses(fromClient: isFromClient))
        }
        let evil = TCPPacket(sequence: 1001, acknowledgment: 2001, flags: [.psh, .ack], payload: Array("evil!".utf8))
        packets.insert(decoy.packet(evil, packets[2].time), at: 3)
        var answer = packets[1]
        if decoy == .linkAddress { answer.bytes[11] ^= 0x77 }
        if decoy == .vlan { answer.bytes.insert(contentsOf: [0x81, 0, 0, 5], at: 12) }
        packets.insert(answer, at: order)
        packets.insert(decoy.packet(TCPPacket(sequence: 1000, flags: .syn), packets[0].time), at: 0)
        for isBatched in [true, false] {
            let analysis = Analysis(packets, isBatched: isBatched)
            #expect(analysis.texts == ["one"] && analysis.rules.contains("tcp.not-accepted"))
        }
    }

    @Test(
        "A segment that the receiver ignores gives way to the one it accepts, and the finding gives the reason",
        arguments: forgeries, [1, 3])
    private func giveWay(forgery: Forgery, repeats: Int) {
        for isBatched in [true, false] {
            let analysis = Analysis(Self.packets(forgery, repeats: repeats), isBatched: isBatched)
            let expected =
                ["one"] + Array(repeatElement(["after 0", "after 0", "after 1", "after 1"], count: repeats).joined())
            #expect(analysis.texts == expected)
            let reported = analysis.findings.filter { $0.rule == "tcp.not-accepted" }
            #expect(reported.count == 1 && reported.first?.text.contains(forgery.reason) == true)
            #expect(analysis.rules.filter { $0.hasPrefix("tcp.") } == ["tcp.not-accepted"])
        }
    }

    @Test(
        "A doubtful segment is accepted if the receiver acknowledges it, and its oddity no longer counts",
        arguments: forgeries)
    private func acknowledged(forgery: Forgery) {
        let session = Self.session(isStamped: forgery.isStamped)
        var (packets, client) = (session.packets, session.client)
        let server = session.server
        var clock = packets[packets.count - 1].time.nanoseconds
        for number in 0..<3 {
            let frame = WireFrame.text("odd \(number)", from: .client)
            let acknowledgment = UInt32(truncatingIfNeeded: Int64(server) + forgery.acknowledgment)
            var odd = TimedPacket(
                at: Timestamp(nanoseconds: clock + 1_000_000),
                TCPPacket(
                    sequence: client, acknowledgment: acknowledgment, flags: forgery.flags, options: forgery.options,
                    payload: frame
                ).ethernet())
            if let place = forgery.place { odd.bytes[place] ^= 0x41 }
            client += UInt32(frame.count)
            let answer = TCPPacket(
                from: Endpoint("10.0.0.9:8080"), to: Endpoint("10.0.0.7:53412"), sequence: server,
                acknowledgment: client, flags: .ack)
            clock += 2_000_000
            packets += [odd, TimedPacket(at: Timestamp(nanoseconds: clock), answer.ethernet())]
        }
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["one", "odd 0", "odd 1", "odd 2"])
        #expect(!analysis.rules.contains("tcp.not-accepted"))
    }

    @Test("An ignored segment is not reported if the accepted copy is the same", arguments: forgeries)
    private func same(forgery: Forgery) {
        let session = Self.session(isStamped: false)
        var packets = session.packets
        let (client, server) = (session.client, session.server)
        let clock = packets[packets.count - 1].time.nanoseconds
        let frame = WireFrame.text("two", from: .client)
        var odd = TimedPacket(
            at: Timestamp(nanoseconds: clock + 1_000_000),
            TCPPacket(sequence: client, acknowledgment: server, flags: .psh, payload: frame).ethernet())
        if let place = forgery.place { odd.bytes[place] ^= 0x41 }
        let real = TCPPacket(sequence: client, acknowledgment: server, flags: [.psh, .ack], payload: frame)
        packets += [odd, TimedPacket(at: Timestamp(nanoseconds: clock + 2_000_000), real.ethernet())]
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["one", "two"])
        #expect(!analysis.rules.contains { $0.hasPrefix("tcp.") })
    }

    @Test(
        "Options that Linux disregards are no reason to ignore a segment",
        arguments: [
            [29, 16] + Array(repeating: 7, count: 14), [5, 1, 1, 1], [1, 1, 1, 5] + Array(repeating: 1, count: 16),
            [19, 10, 7, 7, 7, 7, 7, 7, 7, 7, 1, 1],
        ] as [[UInt8]])
    func harmlessOptions(options: [UInt8]) {
        let session = Self.session(isStamped: false)
        var packets = session.packets
        let clock = packets[packets.count - 1].time.nanoseconds
        for (number, text) in ["real", "evil"].enumerated() {
            let packet = TCPPacket(
                sequence: session.client, acknowledgment: session.server, flags: [.psh, .ack],
                options: number == 0 ? [.bytes(options)] : [], payload: WireFrame.text(text, from: .client))
            packets.append(
                TimedPacket(at: Timestamp(nanoseconds: clock + Int64(number + 1) * 1_000_000), packet.ethernet()))
        }
        #expect(Analysis(packets).texts == ["one", "real"])
    }

    @Test("Segments after a RST are ignored, whatever other flags it has")
    func resetWithSYN() {
        for flags in [.rst, [.rst, .syn], [.rst, .syn, .fin, .psh, .ack]] as [TCPFlags] {
            let session = Self.session(isStamped: false)
            var packets = session.packets
            let clock = packets[packets.count - 1].time.nanoseconds
            let reset = TCPPacket(
                sequence: session.client, acknowledgment: session.server, flags: flags,
                payload: WireFrame.text("none", from: .client))
            packets.append(TimedPacket(at: Timestamp(nanoseconds: clock + 1_000_000), reset.ethernet()))
            let analysis = Analysis(packets)
            #expect(analysis.texts == ["one"])
            #expect(analysis.ends.map(\.verdict.layer) == [.rst], "\(flags)")
        }
    }

    /// A segment of the client whose timestamp is this much after the last one, and the offsets added to its sequence
    /// and acknowledgment numbers.
    private struct Stamped: Sendable {
        var text: String?
        var later: UInt32
        var isTaken = true
        var sequence: Int64 = 0
        var acknowledgment: Int64 = 0
    }

    /// What a Linux 6.18 server read in each case: it remembers timestamps of segments at the last acknowledged byte,
    /// with or without data.
    private static let stamps: [(name: String, segments: [Stamped], texts: [String])] = [
        (
            "an acknowledgment far newer, then the old clock",
            [
                Stamped(later: 1 << 20), Stamped(text: "decoy!", later: 1, isTaken: false),
                Stamped(text: "plain.", later: 2 << 20),
            ],
            ["one", "plain."]
        ),
        (
            "one that acknowledges what was never sent",
            [
                Stamped(later: 1 << 20, acknowledgment: 50_000), Stamped(text: "first.", later: 1),
                Stamped(text: "second", later: 2),
            ],
            ["one", "first.", "second"]
        ),
        (
            "one ahead of the next byte",
            [
                Stamped(later: 1 << 20, sequence: 100), Stamped(text: "first.", later: 1),
                Stamped(text: "second", later: 2),
            ],
            ["one", "first.", "second"]
        ),
        (
            "one before the next byte",
            [
                Stamped(later: 1 << 20, sequence: -1), Stamped(text: "decoy!", later: 1, isTaken: false),
                Stamped(text: "plain.", later: 2 << 20),
            ], ["one", "plain."]
        ),
        (
            "data far newer that acknowledge what was never sent",
            [
                Stamped(text: "decoy!", later: 1 << 20, isTaken: false, acknowledgment: 50_000),
                Stamped(text: "plain.", later: 1),
            ],
            ["one", "plain."]
        ),
        (
            "data far newer behind others in a burst, then two copies",
            [
                Stamped(text: "first.", later: 1), Stamped(text: "second", later: 1 << 20),
                Stamped(text: "taken!", later: 2, isTaken: false), Stamped(text: "repeat", later: 2 << 20),
            ], ["one", "first.", "second", "taken!"]
        ),
    ]

    @Test("Segments are ignored that have an older timestamp than the receiver remembers", arguments: stamps.indices)
    func timestamps(index: Int) {
        let (name, segments, texts) = Self.stamps[index]
        let session = Self.session(isStamped: true)
        var (packets, client) = (session.packets, session.client)
        var clock = packets[packets.count - 1].time.nanoseconds
        for segment in segments {
            let payload = segment.text.map { WireFrame.text($0, from: .client) } ?? []
            let packet = TCPPacket(
                sequence: client &+ UInt32(truncatingIfNeeded: segment.sequence),
                acknowledgment: session.server &+ UInt32(truncatingIfNeeded: segment.acknowledgment),
                flags: payload.isEmpty ? .ack : [.psh, .ack], payload: payload)
            clock += 1_000_000
            var timed = TimedPacket(at: Timestamp(nanoseconds: clock), packet.ethernet())
            timed.stamp(100_100 + segment.later)
            packets.append(timed)
            if segment.isTaken { client += UInt32(payload.count) }
        }
        let answer = TCPPacket(
            from: Endpoint("10.0.0.9:8080"), to: Endpoint("10.0.0.7:53412"), sequence: session.server,
            acknowledgment: client, flags: .ack)
        packets.append(TimedPacket(at: Timestamp(nanoseconds: clock + 1_000_000), answer.ethernet()))
        for isBatched in [true, false] {
            #expect(Analysis(packets, isBatched: isBatched).texts == texts, "\(name)")
        }
    }

    @Test(
        "Bytes in a SYN are accepted if the SYN ACK acknowledges them (RFC 7413); otherwise they are sent again",
        arguments: [true, false])
    func inSYN(isFast: Bool) {
        let request = Array(TCPConversation.upgradeRequest().utf8)
        let other = Array(TCPConversation.upgradeRequest("/evil").utf8.prefix(request.count))
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        var packets = talk.packets
        let server = Endpoint("10.0.0.9:8080")
        let client = Endpoint("10.0.0.7:53412")
        packets[0].bytes = TCPPacket(sequence: 1000, flags: .syn, payload: isFast ? request : other).ethernet()
        let acknowledgment = isFast ? 1001 + UInt32(request.count) : 1001
        packets[0].originalLength = packets[0].bytes.count
        packets[1].bytes = TCPPacket(
            from: server, to: client, sequence: 2000, acknowledgment: acknowledgment, flags: [.syn, .ack]
        ).ethernet()
        if isFast { packets.remove(at: 3) }
        let analysis = Analysis(packets)
        #expect(analysis.handshakes.map(\.isAccepted) == [true])
        #expect(analysis.texts == ["one"])
        #expect(analysis.rules.contains("tcp.not-accepted") == !isFast)
    }

    @Test("A SYN that no SYN ACK answers is ignored, before and after the handshake", arguments: [0, 1, 2, 3])
    func otherSYN(place: Int) {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        talk.sendText("two", from: .server)
        var packets = talk.packets
        let syn = TCPPacket(sequence: 900_000, acknowledgment: 0, flags: .syn).ethernet()
        packets.insert(TimedPacket(at: packets[place].time, syn), at: place)
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["one", "two"])
        #expect(analysis.handshakes.map(\.isAccepted) == [true])
        #expect(analysis.connections.count == 1)
    }

    @Test("Bytes sent into a closed window are sent again")
    func closedWindow() {
        let session = Self.session(isStamped: false)
        var (packets, client) = (session.packets, session.client)
        let server = session.server
        let clock = packets[packets.count - 1].time.nanoseconds
        let (peer, end) = (Endpoint("10.0.0.9:8080"), Endpoint("10.0.0.7:53412"))
        func at(_ milliseconds: Int64, _ packet: TCPPacket) {
            packets.append(TimedPacket(at: Timestamp(nanoseconds: clock + milliseconds * 1_000_000), packet.ethernet()))
        }
        let real = WireFrame.text("real", from: .client)
        at(1, TCPPacket(from: peer, to: end, sequence: server, acknowledgment: client, flags: .ack, window: 0))
        at(
            2,
            TCPPacket(
                sequence: client, acknowledgment: server, flags: [.psh, .ack],
                payload: WireFrame.text("evil", from: .client)))
        at(3, TCPPacket(from: peer, to: end, sequence: server, acknowledgment: client, flags: .ack, window: 0))
        at(4, TCPPacket(from: peer, to: end, sequence: server, acknowledgment: client, flags: .ack, window: 500))
        at(5, TCPPacket(sequence: client, acknowledgment: server, flags: [.psh, .ack], payload: real))
        client += UInt32(real.count)
        at(6, TCPPacket(from: peer, to: end, sequence: server, acknowledgment: client, flags: .ack))
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["one", "real"])
        #expect(analysis.findings.first { $0.rule == "tcp.not-accepted" }?.text.contains("window was closed") == true)
    }
}

extension TimedPacket {
    /// Puts a timestamp option (RFC 7323) into a TCP packet in an Ethernet frame.
    fileprivate mutating func stamp(_ value: UInt32, echo: UInt32 = 0) {
        let segment = Array(bytes[34...])
        let length = Int(segment[12] >> 4) * 4
        let source = Endpoint(address: IPAddress(ipv4: bytes[26..<30].reduce(0) { $0 << 8 | UInt32($1) }), port: 0)
        let destination = Endpoint(address: IPAddress(ipv4: bytes[30..<34].reduce(0) { $0 << 8 | UInt32($1) }), port: 0)
        func number(_ place: Int, _ count: Int) -> UInt32 {
            segment[place..<place + count].reduce(0) { $0 << 8 | UInt32($1) }
        }
        var packet = TCPPacket(
            from: Endpoint(address: source.address, port: UInt16(number(0, 2))),
            to: Endpoint(address: destination.address, port: UInt16(number(2, 2))), sequence: number(4, 4),
            acknowledgment: number(8, 4), flags: TCPFlags(rawValue: segment[13]), window: UInt16(number(14, 2)),
            options: [.noOperation, .noOperation, .timestamps(value, echo: echo)], payload: Array(segment[length...]))
        packet.window = UInt16(number(14, 2))
        bytes = packet.ethernet()
        originalLength = bytes.count
    }
}
