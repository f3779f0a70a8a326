import TestSupport
import Testing
import WireFormat

@testable import WebSocketProtocol

@Suite("Random streams")
struct RandomStreamTests {
    @Test("Encoded frames are decoded, however they are cut", arguments: 0..<60)
    func decoded(number: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var maker = StreamMaker(seed: seed)
        maker.make()
        let reported = maker.setup.read(maker.bytes)
        #expect(reported == maker.expected, "seed \(seed)")
        if number < 15, maker.bytes.count < 20_000 { _ = maker.setup.readEveryWay(maker.bytes, seed: seed) }
    }

    @Test(
        "Damaged streams with gaps read the same however they are cut",
        arguments: 0..<40)
    func mutated(number: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var maker = StreamMaker(seed: seed, longest: 60)
        maker.make()
        var random = SeededGenerator(seed: seed &+ 1)
        var bytes = maker.bytes
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            guard let place = bytes.indices.randomElement(using: &random) else { break }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(bytes[place], at: place)
            case 2: bytes[place] = UInt8.random(in: 0...255, using: &random)
            default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        }
        _ = maker.setup.readEveryWay(random.withGaps(bytes), seed: seed, randomCuts: 4)
    }

    @Test("Random bytes and gaps read the same however they are cut", arguments: 0..<40)
    func noise(number: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let usual: [UInt8] = [0x01, 0x02, 0x80, 0x81, 0x82, 0xc1, 0x41, 0x88, 0x89, 0, 1, 2, 3, 5, 0x85, 0x7e, 0xff]
        let bytes = (0..<Int.random(in: 1...250, using: &random)).map { _ in
            Int.random(in: 0..<4, using: &random) == 0
                ? UInt8.random(in: 0...255, using: &random) : usual.randomElement(using: &random)!
        }
        let setup = StreamSetup(
            sender: .allCases.randomElement(using: &random)!, streamOffset: UInt64.random(in: 0...9, using: &random),
            compression: Bool.random(using: &random)
                ? DeflateParameters(noContextTakeover: Bool.random(using: &random)) : nil)
        _ = setup.readEveryWay(random.withGaps(bytes), seed: seed, randomCuts: 4)
    }
}

extension RandomStreamTests {
    @Test("Skipping single-frame messages takes the same bytes as reading them", arguments: 0..<40)
    func passedWhole(number: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var maker = StreamMaker(seed: seed, longest: 200)
        maker.make()
        var random = SeededGenerator(seed: seed &+ 1)
        var bytes = maker.bytes
        for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
            bytes[bytes.indices.randomElement(using: &random)!] = .random(in: 0...255, using: &random)
        }
        var reading = StreamResources(keptPayload: 1 << 30)
        var passing = StreamResources(keptPayload: 1 << 30)
        var reader = maker.setup.stream(demand: PayloadDemand(bytes: 0, includesFrames: false))
        var passer = maker.setup.stream(demand: PayloadDemand(bytes: 0, includesFrames: false))
        var readerInput = ByteCursor(bytes.span)
        var passerInput = ByteCursor(bytes.span)
        while true {
            let whole = reader.nextSingleFrameMessage(&readerInput, resources: &reading)
            let passed = passer.skipSingleFrameMessage(&passerInput, resources: &passing)
            #expect(whole?.frame.header.opcode == passed?.opcode, "seed \(seed)")
            #expect(whole?.frame.header.payloadLength == passed.map { UInt64($0.length) }, "seed \(seed)")
            guard whole == nil else { continue }
            let one = reader.next(&readerInput, resources: &reading)
            let other = passer.next(&passerInput, resources: &passing)
            #expect(String(describing: one) == String(describing: other), "seed \(seed)")
            guard one != nil else { return }
        }
    }
}

/// Makes valid streams frame by frame, and records their meaning.
private struct StreamMaker {
    private(set) var bytes: [UInt8] = []
    private(set) var expected: [Reported] = []
    let setup: StreamSetup
    private var random: SeededGenerator
    private let longest: Int
    private let deflating: Deflating?
    private var frames: UInt64 = 0
    private var lastKey: UInt32 = 0

    init(seed: UInt64, longest: Int = 3000) {
        random = SeededGenerator(seed: seed)
        self.longest = longest
        let parameters = DeflateParameters(
            noContextTakeover: Bool.random(using: &random), maxWindowBits: Int.random(in: 8...15, using: &random))
        let isCompressed = Bool.random(using: &random)
        setup = StreamSetup(
            sender: .allCases.randomElement(using: &random)!, streamOffset: UInt64.random(in: 0...9999, using: &random),
            compression: isCompressed ? parameters : nil)
        deflating =
            isCompressed
            ? Deflating(takeover: !parameters.noContextTakeover, windowBits: parameters.maxWindowBits) : nil
    }

    mutating func make() {
        for _ in 0..<Int.random(in: 0...12, using: &random) { message() }
        if Bool.random(using: &random) { frame(FrameBytes(.close, [3, 0xe8] + text(9))) }
    }

    private mutating func message() {
        let isText = Bool.random(using: &random)
        let length = Int.random(in: 0...[3, 60, longest].randomElement(using: &random)!, using: &random)
        let decoded = isText ? text(length) : random.bytes(length)
        let isCompressed = deflating != nil && Bool.random(using: &random)
        let ending = Deflating.Ending.allCases.randomElement(using: &random)!
        var rest = (isCompressed ? deflating!.compress(decoded, ending: ending) : decoded)[...]
        var message = Message(
            isText: isText, streamOffset: setup.streamOffset + UInt64(bytes.count), isComplete: true, frameCount: 0,
            isCompressed: isCompressed, wireLength: UInt64(rest.count), length: UInt64(decoded.count), payload: .whole,
            isValidUTF8: true)
        var isLast = false
        while !isLast {
            let fragment = Array(rest.prefix(Int.random(in: 0...max(3, length), using: &random)))
            rest = rest.dropFirst(fragment.count)
            isLast = rest.isEmpty && Int.random(in: 0..<3, using: &random) > 0
            let isFirst = message.frameCount == 0
            frame(
                FrameBytes(
                    isFirst ? isText ? .text : .binary : .continuation, fragment, fin: isLast,
                    reserved: isFirst && isCompressed ? 4 : 0))
            message.frameCount += 1
            if !isLast, Int.random(in: 0..<4, using: &random) == 0 { control() }
        }
        expected.append(.message(message, payload: decoded))
        if Int.random(in: 0..<4, using: &random) == 0 { control() }
    }

    private mutating func control() {
        let payload = random.bytes(Int.random(in: 0...[9, 125].randomElement(using: &random)!, using: &random))
        frame(FrameBytes(Bool.random(using: &random) ? .ping : .pong, payload))
    }

    private mutating func frame(_ frame: FrameBytes) {
        var frame = frame
        if setup.sender == .client {
            frame.key = UInt32.random(in: 1...UInt32.max, using: &random)
            if frame.key == lastKey { frame.key = ~lastKey }
            lastKey = frame.key!
        }
        let header = FrameHeader(
            firstByte: (frame.fin ? 0x80 : 0) + frame.reserved * 16 + frame.opcode.rawValue, maskingKey: frame.key,
            payloadLength: UInt64(frame.payload.count), hasMinimalLength: true, byteCount: frame.header.count)
        let seen = Frame(
            header: header, streamOffset: setup.streamOffset + UInt64(bytes.count), index: frames, missing: 0)
        expected.append(.frame(seen, .whole, payload: frame.payload))
        bytes += frame.bytes
        frames += 1
    }

    /// UTF-8 text of at most `length` bytes.
    private mutating func text(_ length: Int) -> [UInt8] {
        var text: [UInt8] = []
        while true {
            let scalar = ["a", "b", " ", "é", "€", "😀"].randomElement(using: &random)!.utf8
            if text.count + scalar.count > length { return text }
            text += scalar
        }
    }
}

extension SeededGenerator {
    /// The bytes as a stream, with some missing from the capture.
    fileprivate mutating func withGaps(_ bytes: [UInt8]) -> [StreamPiece] {
        var pieces: [StreamPiece] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...max(1, bytes.count), using: &self))
            pieces.append(.bytes([UInt8](piece)))
            rest = rest.dropFirst(piece.count)
            guard Int.random(in: 0..<3, using: &self) == 0 else { continue }
            let length = [0, 1, 2, 5, 300].randomElement(using: &self)!
            pieces.append(.gap(UInt64(length)))
            rest = rest.dropFirst(length)
        }
        return pieces
    }
}
