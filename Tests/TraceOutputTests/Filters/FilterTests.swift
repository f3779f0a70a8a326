import CaptureAnalysis
import Testing
import WebSocketProtocol

@testable import TraceOutput

struct FilterTests {
    /// What a filter keeps of the scene with three connections: kinds and connections, in order.
    private func kept(_ change: (inout EventFilter) -> Void) throws -> [String] {
        var filter = EventFilter()
        change(&filter)
        return try printed(Scenes.trouble, as: KindsFormat(), filter: filter).split(separator: "\n").map(String.init)
    }

    @Test func `An empty filter shows everything`() throws {
        #expect(EventFilter().isEmpty)
        #expect(try kept { _ in } == printed(Scenes.trouble, as: KindsFormat()).split(separator: "\n").map(String.init))
    }

    @Test func `Connections are selected by number`() throws {
        #expect(
            try kept { $0.connections = [2] } == ["capture 0", "connection 2", "handshake 2", "end 2", "summary 0"])
        #expect(
            try kept { $0.connections = [2, 3] } == [
                "capture 0", "connection 2", "handshake 2", "end 2", "connection 3", "gap 3", "frame 3", "finding 3",
                "end 3", "summary 0",
            ])
    }

    @Test func `Opcodes select frames and messages, and show their connections`() throws {
        #expect(
            try kept { $0.opcodes = OpcodeSet([.close]) } == [
                "capture 0", "connection 3", "frame 3", "end 3", "summary 0",
            ])
        #expect(
            try kept { $0.opcodes = OpcodeSet([.binary]) } == [
                "capture 0", "connection 1", "handshake 1", "frame 1", "message 1", "end 1", "summary 0",
            ])
    }

    @Test func `A sender's events are selected, and those without a sender`() throws {
        #expect(
            try kept { $0.from = .server } == [
                "capture 0", "connection 1", "handshake 1", "connection 2", "handshake 2", "end 2", "gap 1", "resync 1",
                "frame 1", "message 1", "connection 3", "finding 3", "connection 1", "end 1", "end 3", "summary 0",
            ])
    }

    @Test(arguments: ["chat.example", "CHAT.*", "c?at.example"])
    func `A host selects the connections whose handshake names it`(pattern: String) throws {
        let lines = try kept { $0.host = Glob(pattern, ignoresCase: true) }
        #expect(lines.contains("connection 1") && lines.contains("handshake 2"))
        #expect(!lines.contains { $0.hasSuffix(" 3") })
    }

    @Test func `A path selects connections by target, with or without the query`() throws {
        let expected = [
            "capture 0", "connection 1", "handshake 1", "frame 1", "message 1", "frame 1", "finding 1", "message 1",
            "gap 1",
            "resync 1", "frame 1", "message 1", "frame 1", "message 1", "connection 1", "end 1", "summary 0",
        ]
        #expect(try kept { $0.path = Glob("/room") } == expected)
        #expect(try kept { $0.path = Glob("/room[?]id=7") } == expected)
        #expect(try kept { $0.path = Glob("/nothing") } == ["capture 0", "summary 0"])
    }

    @Test(arguments: [
        ("chat.example", "chat.example:8080", true), ("chat.example:8080", "chat.example:8080", true),
        ("[[]::1]", "[::1]:80", true), ("chat.example:80", "chat.example", false), ("::1", "::1", true),
    ])
    func `A host matches with and without its port`(pattern: String, host: String, matches: Bool) {
        var filter = EventFilter()
        filter.host = Glob(pattern, ignoresCase: true)
        #expect(filter.matches(host: host, target: "/") == matches)
    }

    @Test(arguments: [
        ("/room", "http://chat.example/room?x", true), ("/", "ws://chat.example", true), ("/a", "/a?http://b/c", true),
    ])
    func `A path matches targets in absolute form too`(pattern: String, target: String, matches: Bool) {
        var filter = EventFilter()
        filter.path = Glob(pattern)
        #expect(filter.matches(host: "", target: target) == matches)
    }

    @Test func `A connection is held until a handshake matches, past refused ones`() throws {
        var filter = EventFilter()
        filter.path = Glob("/good")
        let calls = [
            Call(1, 1, Samples.connection()),
            Call(1, 1, Samples.handshake(status: 401, target: "/bad")),
            Call(2, 2, Samples.handshake(status: 101, target: "/good")),
            Call(3, 3, Samples.frame(.client, .ping, length: 0)),
            Call(4, 4, Samples.end()),
        ]
        #expect(try printed(calls, as: KindsFormat(), filter: filter) == "connection 1\nhandshake 1\nframe 1\nend 1\n")
        filter.path = Glob("/bad")
        #expect(try printed(calls, as: KindsFormat(), filter: filter) == "connection 1\nhandshake 1\nend 1\n")
    }

    @Test func `Five events of an undecided connection are held, and dropped ones counted`() throws {
        var filter = EventFilter()
        filter.grep = "wanted"
        let refused = (1...9).map { Call($0, 1, Samples.handshake(status: 401)) }
        let calls =
            [Call(1, 1, Samples.connection())] + refused
            + [Call(20, 20, Samples.message(.client, length: 6), "wanted"), Call(21, 21, Samples.end())]
        var filtered = try FilteredOutput(KindsFormat(), filter: filter)
        filtered.receive(calls)
        let held = String(repeating: "handshake 1\n", count: 4)
        #expect(filtered.output.text == "connection 1\n\(held)message 1\nend 1\n")
        #expect(filtered.omissions.undecidedEvents == 5)
    }

    @Test func `Events are selected by name, including the first and the last`() throws {
        #expect(
            try kept { $0.events = [.end, .summary] } == ["end 2", "end 1", "end 3", "summary 0"])
        #expect(
            try kept {
                $0.events = [.frame]
                $0.opcodes = OpcodeSet([.close])
            } == ["frame 3"])
    }

    @Test func `A pattern selects messages and control frames, and shows their connections`() throws {
        var filter = EventFilter()
        filter.grep = "hello|PONG|(?i:LOREM IPSUM $)"
        #expect(
            try printed(Scenes.chat, as: KindsFormat(), filter: filter)
                == "capture 0\nconnection 1\nhandshake 1\nmessage 1\nmessage 1\nend 1\nsummary 0\n")
        filter.grep = "^ping$"
        #expect(
            try printed(Scenes.chat, as: KindsFormat(), filter: filter)
                == "capture 0\nconnection 1\nhandshake 1\nframe 1\nframe 1\nend 1\nsummary 0\n")
        filter.grep = "nowhere"
        #expect(try printed(Scenes.chat, as: KindsFormat(), filter: filter) == "capture 0\nsummary 0\n")
    }

    @Test func `Deliveries are requested by name`() throws {
        func demand(_ events: Set<EventKind>?) throws -> EventDemand.Deliveries {
            var filter = EventFilter()
            filter.events = events
            return try FilteredOutput(JSONLinesFormat(), filter: filter).demand.deliveries
        }
        #expect(try demand(nil) == .troubled)
        #expect(try demand([.message, .delivery]) == .all)
        #expect(try demand([.message]) == EventDemand.Deliveries.none)
        #expect(SummaryFormat().demand.deliveries == .none)
    }

    @Test func `Intervals are requested only if an end shows them`() throws {
        var filter = EventFilter()
        filter.events = [.message]
        #expect(try !FilteredOutput(JSONLinesFormat(), filter: filter).demand.includesIntervals)
        filter.events = [.end]
        #expect(try FilteredOutput(JSONLinesFormat(), filter: filter).demand.includesIntervals)
        #expect(!TimelineFormat().demand.includesIntervals && !SummaryFormat().demand.includesIntervals)
    }

    @Test func `Deliveries are selected by their message's sender`() throws {
        for (from, kinds) in [(Role.client, "delivery 1\n"), (.server, "")] {
            var filter = EventFilter()
            filter.from = from
            let calls = [Call(1, 1, .delivery(Samples.delivery()))]
            #expect(try printed(calls, as: KindsFormat(), filter: filter) == kinds)
        }
    }

    @Test func `A pattern needs whole payloads, however little is shown`() throws {
        var filter = EventFilter()
        #expect(try FilteredOutput(TimelineFormat(), filter: filter).demand.payload.bytes == 320)
        filter.grep = "x"
        #expect(try FilteredOutput(TimelineFormat(), filter: filter).demand.payload.bytes == .max)
    }

    @Test(
        arguments: [
            ("é", [0xff, 0xc3, 0xa9], true), ("b.d", [0x62, 0xff, 0x64], false), ("^a", [0xff, 0x61], false),
            ("\\x{1f600}", [0xf0, 0x9f, 0x98, 0x80], true), ("", [], true),
        ] as [(String, [UInt8], Bool)])
    func `Invalid UTF-8 matches nothing, but does not stop the search`(pattern: String, bytes: [UInt8], matches: Bool)
        throws
    {
        var pattern = try PayloadPattern(pattern)
        let isFound = pattern.matches(bytes.span)
        #expect(isFound == matches)
    }

    @Test func `An invalid pattern is reported with PCRE2's message`() {
        let error = #expect(throws: InvalidPattern.self) { _ = try PayloadPattern("a(b") }
        #expect(error?.message == "missing closing parenthesis")
        #expect(error?.offset == 3)
    }

    @Test func `A search beyond the match limit is abandoned and counted`() throws {
        var pattern = try PayloadPattern("(a+)+$")
        let isFound = pattern.matches(Array((String(repeating: "a", count: 64) + "b").utf8).span)
        #expect(!isFound)
        #expect(pattern.limitHits == 1)
    }

    @Test(arguments: [10_000, 20_000, 40_000])
    func `A search of a long payload takes no more than its share of steps`(length: Int) throws {
        var pattern = try PayloadPattern("(?=.*tea)(?=.*milk)")
        let isFound = pattern.matches([UInt8](repeating: UInt8(ascii: "a"), count: length).span)
        #expect(!isFound)
        #expect(pattern.limitHits == 1)
        let share = Int(PayloadPattern.matchLimit / 16) + length * PayloadPattern.stepsPerByte
        // The last step may go through the whole payload.
        #expect((share...share + length).contains(pattern.stepsTaken))
    }

    @Test(arguments: [
        ("(.*)*x$", PayloadPattern.stepsPerByte), ("(*NO_JIT)(.*)*x$", PayloadPattern.interpretedStepsPerByte),
    ])
    func `Once many searches were too hard, further ones take as long as their payload`(regex: String, perByte: Int)
        throws
    {
        var pattern = try PayloadPattern(regex)
        let payload = Array("x".utf8) + [UInt8](repeating: UInt8(ascii: "a"), count: 199)
        for _ in 0..<PayloadPattern.patience { _ = pattern.matches(payload.span) }
        #expect(pattern.limitHits == UInt64(PayloadPattern.patience) && pattern.stepsTaken == 0)
        let isFound = pattern.matches(payload.span)
        #expect(!isFound && pattern.limitHits == UInt64(PayloadPattern.patience + 1))
        let share = PayloadPattern.fewSteps + payload.count * perByte
        #expect((share...share + payload.count).contains(pattern.stepsTaken))
        // Simple payloads are still searched.
        let isFoundInEasy = pattern.matches(Array("ax".utf8).span)
        #expect(isFoundInEasy)
    }

    @Test func `What a long payload holds is found as in a short one`() throws {
        var pattern = try PayloadPattern("(?i)tea.*with (milk|lemon)$")
        let noise = [UInt8](repeating: UInt8(ascii: "t"), count: 100_000)
        let isFound = pattern.matches((noise + Array("TEA, please, with lemon".utf8)).span)
        #expect(isFound)
        #expect(pattern.limitHits == 0)
    }

    @Test func `Events held of undecided connections take no more than their share of memory`() throws {
        var filter = EventFilter()
        filter.opcodes = OpcodeSet([.close])
        var output = try FilteredOutput(KindsFormat(), filter: filter)
        let size = 64 << 10
        for number in 1...300 as ClosedRange<UInt64> {
            let context = Samples.context(packet: number, microseconds: 0, connection: number)
            output.receive(Samples.connection(), at: context, payload: Span())
            let handshake = Samples.handshake(target: "/" + String(repeating: "a", count: size))
            output.receive(handshake, at: context, payload: Span())
            output.receive(Samples.frame(.client, .close, length: 0), at: context, payload: Span())
            #expect(output.omissions.undecidedEvents == 0)
        }
        for number in 1001...1300 as ClosedRange<UInt64> {
            let context = Samples.context(packet: number, microseconds: 0, connection: number)
            output.receive(Samples.connection(), at: context, payload: Span())
            let handshake = Samples.handshake(target: "/" + String(repeating: "a", count: size))
            output.receive(handshake, at: context, payload: Span())
        }
        // Its URL and its request target are kept.
        let held = FilteredOutput<KindsFormat>.maximumHeldBytes / (2 * size)
        for number in 1001...1300 as ClosedRange<UInt64> {
            let context = Samples.context(packet: number, microseconds: 0, connection: number)
            output.receive(Samples.frame(.client, .close, length: 0), at: context, payload: Span())
        }
        #expect((300 - held...300 - held * 9 / 10).contains(Int(output.omissions.undecidedEvents)))
    }

    @Test(
        arguments: [
            ("text", [1]), ("text,PING", [1, 9]), ("0xb,2", [11, 2]), ("reserved-3,continuation", [3, 0]),
        ] as [(String, [UInt8])])
    func `Opcodes are given by name, as in the trace, or by number`(list: String, values: [UInt8]) throws {
        #expect(try OpcodeSet(list: list) == OpcodeSet(values.map { Opcode(rawValue: $0) }))
    }

    @Test(arguments: [("", ""), ("text,", ""), ("16", "16"), ("txt", "txt"), ("0xg", "0xg")])
    func `An unknown opcode is reported`(list: String, word: String) {
        let error = #expect(throws: OpcodeSet.UnknownOpcode.self) { _ = try OpcodeSet(list: list) }
        #expect(error?.word == word)
    }

    @Test func `Event names are those of the trace`() throws {
        #expect(try EventKind.set(list: "message,delivery") == [.message, .delivery])
        let error = #expect(throws: EventKind.UnknownEvent.self) { _ = try EventKind.set(list: "end,segment") }
        #expect(error?.word == "segment")
    }
}
