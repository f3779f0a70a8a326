import TestSupport
import Testing
import WireFormat

@testable import WebSocketProtocol

@Suite("Compression contexts")
struct ContextTests {
    private static let line = Array("The same words, again and again and again. ".utf8)

    /// The result of reading some payloads; nil stands for a gap that swallows one frame.
    private func read(
        _ payloads: [[UInt8]?], takeover: Bool = true
    ) -> (reported: [Reported], lost: UInt64, regained: UInt64) {
        var resources = StreamResources(keptPayload: 1 << 30)
        var stream = WebSocketStream(
            sender: .server, streamOffset: 0, compression: DeflateParameters(noContextTakeover: !takeover),
            demand: PayloadDemand(bytes: .max, includesFrames: false), limits: StreamLimits())
        var reported: [Reported] = []
        for payload in payloads {
            guard let payload else {
                _ = stream.skip(20, resources: &resources)
                stream.drain([], &resources, into: &reported)
                stream.resume(at: stream.streamOffset)
                continue
            }
            stream.drain(FrameBytes(.text, payload, reserved: 4).bytes, &resources, into: &reported)
        }
        let (lost, regained) = stream.contexts
        return (reported, lost, regained)
    }

    @Test("are neither lost nor regained if nothing is missing", arguments: [true, false])
    func whole(takeover: Bool) {
        let deflating = Deflating(takeover: takeover)
        let run = read((0..<4).map { _ in deflating.compress(Self.line) }, takeover: takeover)
        #expect(run.lost == 0 && run.regained == 0)
    }

    @Test("are lost in a gap, and regained by a message without references to earlier ones")
    func gap() {
        let deflating = Deflating()
        let before = deflating.compress(Self.line)
        let after = deflating.compress(Self.line)
        let fresh = Deflating().compress(Self.line)
        #expect(read([before, nil]).lost == 1)
        let unproven = read([before, nil, after])
        #expect(unproven.reported.texts.last == "<context-lost>" && unproven.lost == 1 && unproven.regained == 0)
        let proven = read([before, nil, after, nil, fresh])
        #expect(proven.reported.texts.last == String(decoding: Self.line, as: UTF8.self))
        #expect(proven.lost == 1 && proven.regained == 1)
        #expect(read([before, nil, fresh, nil, fresh]).lost == 2)
    }

    @Test("are not needed if every message is compressed on its own")
    func noTakeover() {
        let deflating = Deflating(takeover: false)
        let run = read([deflating.compress(Self.line), nil, deflating.compress(Self.line)], takeover: false)
        #expect(run.lost == 0 && run.regained == 0)
        #expect(run.reported.texts.count == 2)
    }

    @Test("are fully regained after a whole window: broken data is reported again")
    func wholeWindow() {
        let broken: [UInt8] = [0x07]
        let little = read([nil, Deflating().compress(Self.line), broken])
        #expect(little.reported.violations == [])
        let much = Deflating().compress([UInt8](repeating: 0x41, count: 1 << 15))
        #expect(read([nil, much, broken]).reported.violations == [.deflateBroken])
    }

    /// A stream of its own, so that several can alternate.
    private final class Reading {
        var stream = WebSocketStream(
            sender: .server, streamOffset: 0, compression: DeflateParameters(),
            demand: PayloadDemand(bytes: .max, includesFrames: false), limits: StreamLimits())
        var reported: [Reported] = []
    }

    @Test("Long messages beyond their limit inflate like short ones", arguments: [0, 1, 32])
    func longMessages(places: Int) {
        var random = SeededGenerator()
        var resources = StreamResources(keptPayload: 1 << 30)
        resources.longMessages = places
        let payloads = [random.bytes(2000), random.bytes(3000)]
        let deflating = [Deflating(), Deflating()]
        let readings = [Reading(), Reading()]
        for _ in 0..<3 {
            let frames = (0..<2).map { index in
                FrameBytes(.binary, deflating[index].compress(payloads[index]), reserved: 4).bytes
            }
            // The first message is long; the others are short copies of it.
            let isLong = frames[0].count > 1000
            for (reading, frame) in zip(readings, frames) {
                reading.stream.drain(Array(frame[..<10]), &resources, into: &reading.reported)
            }
            #expect(resources.longMessages == (isLong ? max(0, places - 2) : places))
            for (reading, frame) in zip(readings, frames) {
                reading.stream.drain(Array(frame[10...]), &resources, into: &reading.reported)
            }
            #expect(resources.longMessages == places)
        }
        for (reading, payload) in zip(readings, payloads) {
            #expect(reading.reported.messagePayloads == [payload, payload, payload])
        }
    }

    @Test("Abandoned long messages make room for others")
    func longMessageGivenUp() {
        var random = SeededGenerator()
        var resources = StreamResources(keptPayload: 1 << 30)
        let places = resources.longMessages
        let reading = Reading()
        let frame = FrameBytes(.binary, Deflating().compress(random.bytes(2000)), reserved: 4).bytes
        let broken = FrameBytes(.binary, [UInt8](repeating: 0xff, count: 2000), reserved: 4).bytes
        reading.stream.drain(broken, &resources, into: &reading.reported)
        #expect(resources.longMessages == places)
        reading.stream.drain(Array(frame[..<500]), &resources, into: &reading.reported)
        #expect(resources.longMessages == places - 1)
        _ = reading.stream.skip(UInt64(frame.count - 500), resources: &resources)
        reading.stream.drain([], &resources, into: &reading.reported)
        #expect(resources.longMessages == places)
        reading.stream.drain(Array(frame[..<500]), &resources, into: &reading.reported)
        _ = reading.stream.finish(resources: &resources)
        reading.stream.release(resources: &resources)
        #expect(resources.longMessages == places)
    }
}
