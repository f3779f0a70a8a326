import CaptureAnalysis
import GeneratedCaptures
import TLSDecryption
import Testing

/// Captures generated for measurements contain what they claim.
struct GeneratedCaptureTests {
    /// A small capture of each kind, in which everything still occurs.
    private static let profiles: [CaptureProfile] = [
        .small.scaled(by: 0.002), .bulk.scaled(by: 0.002), .mixed.scaled(by: 0.01), .noise.scaled(by: 0.002),
    ]

    private static func bytes(_ profile: CaptureProfile, seed: UInt64) -> ([UInt8], CaptureTruth) {
        var bytes: [UInt8] = []
        let truth = GeneratedCapture(profile, seed: seed).write { bytes += $0 }
        return (bytes, truth)
    }

    @Test(arguments: profiles, [1, 2] as [UInt64])
    func `The analysis finds what was made, and nothing wrong`(_ profile: CaptureProfile, seed: UInt64) throws {
        let (bytes, truth) = Self.bytes(profile, seed: seed)
        let reading = try Reading(bytes)
        let summary = try #require(reading.summary)
        #expect(reading.client == truth.client)
        #expect(reading.server == truth.server)
        #expect(summary.packets == truth.packets)
        #expect(summary.bytes == truth.bytes)
        #expect(summary.tcpConnections == truth.connections)
        #expect(summary.webSocketConnections == truth.sessions)
        #expect(summary.frames == truth.frames)
        #expect(summary.messages == truth.messages)
        #expect(summary.gaps == 0)
        #expect(summary.errors == 0 && summary.warnings == 0, "\(Set(reading.rules))")
    }

    @Test(arguments: CaptureProfile.encrypted.map { $0.scaled(by: 0.002) })
    func `The analysis finds what is encrypted, with the key log`(_ profile: CaptureProfile) throws {
        var bytes: [UInt8] = []
        let capture = GeneratedCapture(profile, seed: 1)
        let truth = capture.write { bytes += $0 }
        let store = SecretStore()
        store.add(Array(capture.keyLog(connections: Int(truth.connections)).utf8))
        let reading = try Reading(bytes, secrets: store)
        let summary = try #require(reading.summary)
        #expect(reading.client == truth.client && reading.server == truth.server)
        #expect(summary.webSocketConnections == truth.sessions && summary.encrypted.decrypted == truth.sessions)
        #expect(summary.gaps == 0 && summary.errors == 0, "\(Set(reading.rules))")
    }

    @Test(arguments: profiles)
    func `A seed makes the same capture again, another seed another`(_ profile: CaptureProfile) {
        let (bytes, truth) = Self.bytes(profile, seed: 7)
        #expect(Self.bytes(profile, seed: 7) == (bytes, truth))
        #expect(Self.bytes(profile, seed: 8).0 != bytes)
    }

    @Test(arguments: CaptureProfile.all + CaptureProfile.encrypted)
    func `A capture is about as large as it was to be`(_ profile: CaptureProfile) {
        let share = 0.002
        let (_, truth) = Self.bytes(profile.scaled(by: share), seed: 3)
        let (goal, made) =
            profile.packets.map { ($0, truth.packets) } ?? (profile.bytes ?? 0, truth.bytes)
        let ratio = Double(made) / (Double(goal) * share)
        // Large messages are complete.
        #expect(ratio > 0.9 && ratio < 8, "\(made)")
    }

    @Test func `The mixed profile holds everything`() {
        let (_, truth) = Self.bytes(.mixed.scaled(by: 0.02), seed: 1)
        for count in [
            truth.compressedSessions, truth.refusals, truth.reordered, truth.repeated, truth.overlapping, truth.resets,
            truth.open, truth.client.compressedMessages, truth.server.compressedMessages,
        ] {
            #expect(count > 0, "\(truth)")
        }
        for opcode in [0, 1, 2, 8, 9, 10] {
            #expect(truth.client.frames[opcode] > 0 && truth.server.frames[opcode] > 0, "opcode \(opcode)")
        }
    }
}
