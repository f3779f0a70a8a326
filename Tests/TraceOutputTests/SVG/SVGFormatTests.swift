import Testing

@testable import CaptureAnalysis
@testable import TraceOutput
@testable import WebSocketProtocol

struct SVGFormatTests {
    @Test func `A picture has a lane for each session, the worst first`() {
        let picture = printed(Scenes.trouble, as: SVGFormat())
        let lanes = picture.matches(of: />#(\d+)</).map { String($0.1) }
        // Reset, refused, still open.
        #expect(lanes == ["1", "2", "3"])
        let marks = picture.matches(of: /class="(reset|refused|open)"/).map { String($0.1) }
        #expect(marks == ["reset", "refused", "open"])
    }

    @Test(
        arguments: [
            (1000, true, "clean"), (1001, true, "clean"), (nil, true, "clean"), (1011, true, "coded"),
            (1012, true, "coded"), (3000, true, "coded"), (4403, true, "coded"), (1000, false, "closed"),
            (4403, false, "closed"),
        ] as [(UInt16?, Bool, String)])
    func `The mark is clean where the verdict says so`(code: UInt16?, isClean: Bool, mark: String) {
        let calls = [
            Call(1, 1, Samples.connection()), Call(2, 2, Samples.handshake()),
            Call(3, 3, Samples.end(isClean: isClean, code: code)), .summary,
        ]
        let marks = printed(calls, as: SVGFormat()).matches(of: /class="(clean|coded|closed)"/).map { String($0.1) }
        #expect(marks == [mark])
        #expect(UnpackedReport(printed(calls, as: HTMLFormat())).objects("sessions").first?["mark"] as? String == mark)
        #expect(printed(calls, as: SummaryFormat()).contains("closed cleanly") == (mark == "clean"))
    }

    @Test func `Messages are ticks of the axis and of their lane`() throws {
        let picture = printed(Scenes.chat, as: SVGFormat())
        #expect(picture.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
        #expect(picture.contains("2 messages in 5.003 s"))
        #expect(picture.contains("class=\"clean\""))
        // At the right edge, the label ends before its line.
        #expect(picture.matches(of: /class="dim last">([^<]*)</).map { String($0.1) } == ["5 s"])
        for role in ["client", "server"] {
            let paths = picture.matches(
                of: try Regex("<path class=\"\(role)\" d=\"([^\"]*)\"", as: (Substring, Substring).self))
            // The messages within the first 10 ms are at the left end, the Close frame at the right: 5.002 s of 5.003
            // s.
            #expect(paths.count == 2)
            for path in paths {
                let ticks = path.1.matches(of: /M(\d+) \d+v-?\d+/).map { Int($0.1) ?? 0 }
                #expect(ticks.first == 60 && (979...980).contains(ticks.last ?? 0))
            }
        }
    }

    @Test func `Gaps and findings are ticks of the axis and of their lane`() throws {
        let picture = printed(Scenes.trouble, as: SVGFormat())
        for (name, top, count) in [("gap", 30, 3), ("finding", 24, 2), ("error", 24, 2)] {
            let paths = picture.matches(
                of: try Regex("<path class=\"\(name)\" d=\"M\\d+ (\\d+)v", as: (Substring, Substring).self))
            #expect(paths.first?.1 == "\(top)" && paths.count == count, "\(name)")
        }
    }

    @Test(
        arguments: [
            (0, 1, "0 ns"), (20, 20, "20 ns"), (4_000, 2_000, "4 µs"), (500_000, 500_000, "500 µs"),
            (50_000_000, 50_000_000, "50 ms"), (0, 50_000_000, "0 ms"), (1_500_000_000, 500_000_000, "1.5 s"),
            (200_000_000, 200_000_000, "0.2 s"), (2_000_000_000, 500_000_000, "2 s"),
            (30_000_000_000, 10_000_000_000, "30 s"),
        ] as [(Int64, Int64, String)])
    func `Times of the axis have one decimal at most`(time: Int64, step: Int64, label: String) {
        #expect(SVGFormat.label(time, step: step) == label)
    }

    @Test func `Bins join in pairs as time goes on`() {
        var set = BinSet()
        for bin in [0, 1, 2, 63, 64, 1023] { set.insert(bin) }
        set.halve()
        #expect(set.bins == [0, 1, 31, 32, 511])
        var bins = TimeBins()
        #expect(bins.bin(of: 1024 * 1024 - 1) == 1023)
        #expect(bins.bin(of: 1024 * 1024) == nil)
        bins.widen()
        #expect(bins.bin(of: 1024 * 1024) == 512)
        #expect(bins.bin(of: -5) == 0)
    }

    @Test func `Names from the wire stay text`() {
        let calls: [Call] = [
            .capture, Call(5, 1130, Samples.connection()),
            Call(8, 3000, Samples.end(reason: "</text><script>alert(1)</script>")), .summary,
        ]
        let picture = printed(calls, as: SVGFormat())
        #expect(!picture.contains("<script"))
        #expect(picture.contains("&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;"))
    }
}
