import PacketDecoding
import Testing
import WebSocketProtocol

@testable import CaptureAnalysis

@Suite("Endings that repeat")
struct EndingPatternsTests {
    /// A session's end.
    struct Ended {
        var by = SessionEnd.Verdict.Party.server
        var layer = SessionEnd.Verdict.Layer.rst
        /// The silence before the end, in seconds.
        var silence: Double
        var lifetime: Double?
        var server: UInt32 = 9
        var path: UInt64 = 1
        var lastSpeaker = Role.client
        /// The longest earlier silence after bytes of the client.
        var survived = 0.0
        /// The time from the last byte of the server; nil if the client's last byte came earlier.
        var quiet: Double?
        /// The longest such time before that.
        var survivedQuiet = 0.0
        /// Whether it survived silences as long as the one at its end.
        var isSteady = false
        /// The time of its end, in seconds; nil if unknown.
        var time: Double?
    }

    private func patterns(_ ends: [Ended]) -> [EndingPattern] {
        var patterns = EndingPatterns()
        for end in ends {
            let verdict = SessionEnd.Verdict(
                by: end.by, layer: end.layer, isClean: false, silence: Int64(end.silence * 1e9), unansweredPings: 0)
            let survived = Survivors.Times(
                silences: [
                    Int64(max(end.lastSpeaker == .client ? end.silence : 0, end.survived) * 1e9),
                    Int64((end.lastSpeaker == .client ? 0 : end.silence) * 1e9),
                ], messageSilence: 0,
                lifetime: end.lifetime.map { Int64($0 * 1e9) } ?? 0,
                ownSilences: [0, Int64(max(end.quiet ?? end.silence, end.survivedQuiet) * 1e9)])
            patterns.record(
                verdict,
                EndingPatterns.Sample(
                    server: IPAddress(ipv4: end.server), endTime: end.time.map { Int64($0 * 1e9) },
                    lifetime: end.lifetime.map { Int64($0 * 1e9) },
                    ownSilences: [0, Int64((end.quiet ?? end.silence) * 1e9)], isSteady: end.isSteady,
                    survived: survived, path: end.path, lastSpeaker: end.lastSpeaker))
        }
        return patterns.patterns
    }

    @Test("Endings that repeat after the same silence are an idle timer, whatever their lifetimes")
    func idle() throws {
        let found = patterns((1...14).map { Ended(silence: 60 + Double($0) / 20, lifetime: 100 + Double($0) * 37) })
        let pattern = try #require(found.first)
        #expect(found.count == 1 && pattern.sessions == 14 && pattern.ended == 14)
        #expect(pattern.silence == 60_050_000_000...60_700_000_000 && pattern.lifetime == nil)
        #expect(pattern.by == .server && pattern.layer == .rst && pattern.server == IPAddress(ipv4: 9))
    }

    @Test("Endings that repeat at the same age are a fixed lifetime, whatever the silence")
    func lifetime() throws {
        let found = patterns((1...5).map { Ended(silence: Double($0) * 7, lifetime: 300) })
        let pattern = try #require(found.first)
        #expect(found.count == 1 && pattern.sessions == 5)
        #expect(pattern.lifetime == 300_000_000_000...300_000_000_000 && pattern.silence == nil)
    }

    @Test("If silences and lifetimes agree, the ones that agree far better are the timer's")
    func closer() throws {
        let idle = try #require(patterns((0..<3).map { Ended(silence: 600.001, lifetime: 602 + Double($0)) }).first)
        #expect(idle.silence != nil && idle.lifetime == nil && !idle.isSilentThroughout)
        let aged = try #require(patterns((0..<3).map { Ended(silence: 590 + Double($0), lifetime: 600.01) }).first)
        #expect(aged.silence == nil && aged.lifetime != nil && !aged.isSilentThroughout)
    }

    @Test("Silences that all sessions had survived show no timer if their lifetimes agree")
    func steadyLifetime() throws {
        let ends = (0..<4).map { Ended(silence: 1, lifetime: 30 + Double($0) / 1000, isSteady: true) }
        let pattern = try #require(patterns(ends).first)
        #expect(pattern.silence == nil && pattern.lifetime != nil)
    }

    @Test("Sessions that ended closer together than their times agree may share one cause")
    func atOnce() throws {
        func isAtOnce(_ ends: [Ended]) throws -> Bool { try #require(patterns(ends).first).isAtOnce }
        // Sessions that began within 30 ms, and a restart; then sessions of the same age that began at different times.
        #expect(try isAtOnce((0..<4).map { Ended(silence: 3, lifetime: 60 - Double($0) / 100, time: 99) }))
        #expect(try !isAtOnce((0..<4).map { Ended(silence: 3, lifetime: 60, time: 99 + Double($0) / 100) }))
        // Two restarts; one end at an unknown time.
        #expect(
            try !isAtOnce((0..<4).map { Ended(silence: 3, lifetime: 60 - Double($0) / 100, time: 99 + Double($0 / 2)) })
        )
        #expect(try !isAtOnce((0..<4).map { Ended(silence: 3, lifetime: 60, time: $0 == 2 ? nil : 99) }))
    }

    @Test("Endings of sessions that sent nothing may be either")
    func either() throws {
        let pattern = try #require(patterns((0..<3).map { _ in Ended(silence: 350, lifetime: 350.2) }).first)
        #expect(pattern.isSilentThroughout && pattern.silence != nil && pattern.lifetime != nil)
    }

    @Test("Endings that repeat are distinguished by sessions that sent something")
    func reported() throws {
        let silent = (0..<4).map { _ in Ended(silence: 60, lifetime: 60.1) }
        let idle = try #require(patterns(silent + (1...4).map { Ended(silence: 60, lifetime: Double($0) * 97) }).first)
        #expect(idle.silence != nil && idle.lifetime == nil && idle.sessions == 8)
        let fixed = try #require(patterns(silent + (1...4).map { Ended(silence: Double($0), lifetime: 60.2) }).first)
        #expect(fixed.silence == nil && fixed.lifetime != nil && fixed.sessions == 8)
    }

    @Test("Endings that repeat are recognised by what most of them have in common")
    func most() throws {
        let idle = try #require(patterns([90, 91, 90.5, 150].map { Ended(silence: 60, lifetime: $0) }).first)
        #expect(idle.silence != nil && idle.lifetime == nil && idle.sessions == 4)
        let fixed = try #require(patterns([7, 7, 7.1, 5].map { Ended(silence: $0, lifetime: 3600) }).first)
        #expect(fixed.silence == nil && fixed.lifetime != nil && fixed.sessions == 4)
        let both = try #require(patterns([60, 60, 60, 5].map { Ended(silence: $0, lifetime: $0 * 2) }).first)
        #expect(both.silence != nil && both.lifetime != nil && both.sessions == 3)
    }

    /// Sessions after four with 60 s of silence on path 1, and how many of those remain in the pattern.
    static let others: [(ends: [Ended], left: UInt64?)] = [
        ([Ended(layer: .fin, silence: 5, survived: 200)], nil),
        ([Ended(by: .client, layer: .closeFrame, silence: 90)], nil),
        ([Ended(by: .unknown, layer: .captureEnd, silence: 300)], nil),
        ([Ended(silence: 60, survived: 120)], 5),
        ([Ended(silence: 30, survived: 120)], nil),
        ([Ended(layer: .fin, silence: 5, survived: 60.5)], 4),
        ([Ended(layer: .fin, silence: 200, path: 2)], 4),
        ([Ended(layer: .fin, silence: 200, path: 0)], 4),
        ([Ended(layer: .fin, silence: 200, server: 8)], 4),
        ([Ended(layer: .fin, silence: 200, lastSpeaker: .server)], 4),
        (alike(3, Ended(silence: 60, path: 2)) + [Ended(silence: 1, path: 1, survived: 99)], nil),
        (alike(5, Ended(silence: 60, path: 2)) + [Ended(layer: .fin, silence: 1, path: 1, survived: 99)], 5),
        ((10..<30).map { Ended(silence: 60, path: $0) } + [Ended(layer: .fin, silence: 200, path: 99)], nil),
        ((10..<30).map { Ended(silence: 60, path: $0) } + [Ended(layer: .fin, silence: 50, path: 99)], 24),
    ]

    @Test("Endings that repeat have no counter-example of the same path, in whatever order", arguments: others)
    func refuted(ends: [Ended], left: UInt64?) {
        let all = Self.alike(4, Ended(silence: 60)) + ends
        #expect(patterns(all).first?.sessions == left)
        if ends.count == 1 { #expect(patterns(all.reversed()).first?.sessions == left) }
    }

    private static let read: [Ended] = (1...4).map {
        Ended(silence: 3 * Double($0), lifetime: 70 * Double($0), quiet: 60)
    }

    /// Sessions that end 60 s after the server's last byte, although the client goes on, and further ones; and how many
    /// are in the resulting pattern.
    private static let oneSided: [(ends: [Ended], sessions: UInt64?)] = [
        (read, 4),
        // If the client sent nothing more either, both may be true.
        (read + alike(3, Ended(silence: 60)), 7),
        // The client sends at regular intervals.
        (alike(4, Ended(silence: 5, quiet: 60, isSteady: true)), 4),
        // A Ping of the client was not answered for 20 s.
        (alike(4, Ended(silence: 20, quiet: 60)), nil),
        // Two may be a coincidence.
        (Array(read.prefix(2)) + alike(3, Ended(silence: 60)), nil),
        // The server sends only at the start.
        ((1...4).map { Ended(silence: 3 * Double($0), lifetime: 60.1, quiet: 60) }, nil),
        (read + [Ended(layer: .fin, silence: 1, lifetime: 500, quiet: 10, survivedQuiet: 90)], nil),
        (read + [Ended(layer: .fin, silence: 1, lifetime: 500, path: 2, quiet: 10, survivedQuiet: 90)], 4),
        (read + [Ended(layer: .captureEnd, silence: 1, quiet: 90)], nil),
    ]

    @Test(
        "Endings that repeat after the same silence of one end are a timer that only this end resets",
        arguments: oneSided)
    func readTimer(ends: [Ended], sessions: UInt64?) {
        for ends in [ends, ends.reversed()] {
            let pattern = patterns(ends).first { $0.silentEnd == .server }
            #expect(pattern?.sessions == sessions)
            if sessions != nil {
                #expect(pattern?.silence == 60_000_000_000...60_000_000_000 && pattern?.lifetime == nil)
            }
        }
    }

    @Test("Endings at the same age are no fixed lifetime if another session grew older")
    func older() {
        let alike = Self.alike(4, Ended(silence: 0.5, lifetime: 300))
        #expect(patterns(alike).count == 1)
        #expect(patterns(alike + [Ended(by: .client, layer: .closeFrame, silence: 0.5, lifetime: 500)]).isEmpty)
        #expect(
            patterns(alike + [Ended(by: .client, layer: .closeFrame, silence: 0.5, lifetime: 500, path: 2)]).count == 1)
    }

    /// This many alike.
    private static func alike(_ count: Int, _ ended: Ended) -> [Ended] { Array(repeating: ended, count: count) }

    /// This many with different silences.
    private static func different(_ count: Int) -> [Ended] { (1...count).map { Ended(silence: Double($0) * 100) } }

    private static let few: [Ended] = alike(2, Ended(silence: 60, lifetime: 90))
    private static let short: [Ended] = alike(9, Ended(silence: 0.9, lifetime: 0.95))
    private static let ofManners: [Ended] =
        alike(2, Ended(silence: 60)) + alike(2, Ended(layer: .fin, silence: 60))
        + alike(2, Ended(by: .client, silence: 60))
    private static let ofServers: [Ended] =
        alike(2, Ended(silence: 60, server: 1)) + alike(2, Ended(silence: 60, server: 2))
    private static let minority: [Ended] = alike(3, Ended(silence: 60)) + different(4)
    private static let stillOpen: [Ended] = alike(9, Ended(layer: .captureEnd, silence: 60))

    @Test(
        "Endings do not repeat if they are few, short, different, of different manners or servers, the smaller part, or no ends",
        arguments: [few, short, different(20), ofManners, ofServers, minority, stillOpen])
    func none(ends: [Ended]) {
        #expect(patterns(ends).isEmpty)
    }

    @Test("Endings that repeat come most frequent first, one for each server and kind")
    func order() {
        let few = (0..<3).map { _ in Ended(silence: 60, server: 1) }
        let many = (0..<5).map { _ in Ended(by: .client, layer: .closeFrame, silence: 5, server: 2) }
        let alike = (0..<3).map { _ in Ended(silence: 60, server: 3) }
        #expect(patterns(few + many + alike).map(\.server.bits) == [2, 1, 3])
    }

    @Test("Endings that repeat are found in whatever order they come, as long as 2 % hold them", arguments: 1...10)
    func anyOrder(step: Int64) {
        let sample = EndingPatterns.Sample(server: IPAddress(ipv4: 0))
        var clusters = TimeClusters()
        var room = Int.max
        for index in Int64(0)...10 {
            clusters.count(60_000_000_000 - index * step % 11 * 120_000_000, of: sample, room: &room)
        }
        #expect(clusters.clusters.map(\.count) == [11])
        clusters.count(61_300_000_000, of: sample, room: &room)
        #expect(clusters.clusters.map(\.count) == [11, 1])
    }

    @Test("Endings that repeat are found after any number of others, in bounded memory")
    func bounded() {
        let sample = EndingPatterns.Sample(server: IPAddress(ipv4: 0))
        var clusters = TimeClusters()
        var room = Int.max
        for _ in 0..<2 { clusters.count(60_000_000_000, of: sample, room: &room) }
        var other = 1e9
        for _ in 0..<500 {
            clusters.count(Int64(other), of: sample, room: &room)
            other *= 1.03
        }
        for _ in 0..<9 { clusters.count(60_000_000_000, of: sample, room: &room) }
        #expect(clusters.clusters.count == TimeClusters.limit)
        #expect(clusters.clusters.contains { $0.count >= 11 })
        #expect(clusters.forgotten + clusters.clusters.reduce(0) { $0 + $1.count } == 511)
        var patterns = EndingPatterns()
        let verdict = SessionEnd.Verdict(
            by: .server, layer: .rst, isClean: false, silence: 60_000_000_000, unansweredPings: 0)
        for server in 0..<UInt32(EndingPatterns.serverLimit + 50) {
            for _ in 0..<3 { patterns.record(verdict, EndingPatterns.Sample(server: IPAddress(ipv4: server))) }
        }
        #expect(patterns.patterns.count == EndingPatterns.serverLimit)
        #expect(patterns.uncomparedSessions == 150 && patterns.forgottenTimes == 0)
    }

    @Test("Endings that repeat stay within their memory, whatever servers, paths and times there are")
    func room() {
        let room = 64 << 10
        var patterns = EndingPatterns(room: room)
        func record(_ server: UInt32, _ path: UInt64, _ silence: Int64) {
            let verdict = SessionEnd.Verdict(
                by: .server, layer: .rst, isClean: false, silence: silence, unansweredPings: 0)
            patterns.record(
                verdict,
                EndingPatterns.Sample(server: IPAddress(ipv4: server), lifetime: 5 * silence, path: path))
        }
        for _ in 0..<5 { record(0, 1, 60_000_000_000) }
        for number in 0..<UInt64(2000) {
            // Ten servers, each time with another path and another silence.
            record(UInt32(number % 10), number, 1_000_000_000 * Int64(1 + number * 7 % 997))
        }
        #expect(patterns.forgottenTimes > 1000)
        // Once there is no room, nothing new is taken.
        for server in UInt32(100)..<200 { record(server, 1, 60_000_000_000) }
        #expect(patterns.uncomparedSessions == 100)
        // Known ones are still counted.
        for _ in 0..<3000 { record(0, 1, 60_000_000_000) }
        let found = patterns.patterns.first { $0.server == IPAddress(ipv4: 0) }
        #expect(found?.silence?.contains(60_000_000_000) == true && (found?.sessions ?? 0) >= 3000)
    }

    @Test("Endings that repeat count the silences and the lifetimes that had no room")
    func forgotten() {
        var patterns = EndingPatterns()
        for number in 1...Int64(TimeClusters.limit) + 5 {
            let verdict = SessionEnd.Verdict(
                by: .server, layer: .rst, isClean: false, silence: number * 10_000_000_000, unansweredPings: 0)
            let lifetime = number <= TimeClusters.limit + 2 ? number * 20_000_000_000 : nil
            patterns.record(verdict, EndingPatterns.Sample(server: IPAddress(ipv4: 9), lifetime: lifetime))
        }
        // Each replaced another, except those within 2 % of another, of which there are none up to there.
        #expect(patterns.forgottenTimes == 5 + 2)
        var summary = Summary()
        summary.compare(patterns)
        #expect(summary.forgottenTimes == 7 && summary.uncomparedSessions == 0)
    }
}
