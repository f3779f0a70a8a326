import Testing
import WebSocketProtocol
import WireFormat

@testable import CaptureAnalysis

/// A look ahead fetches the bytes of a session that its next segment will touch (``Shard/prepare(_:)``): the offsets that
/// it goes by are held against the addresses of the fields.
@Suite("The layout of a session in memory")
struct LayoutTests {
    @Test("is the one that the look ahead goes by", arguments: Role.allCases)
    func offsets(role: Role) {
        var workspace = Workspace(options: AnalysisOptions())
        let beginning = SessionBeginning(
            client: .fromInitiator, offsets: [0, 0], isCarried: false, extensions: [], requestElapsed: nil)
        var session = Session(SessionID(connection: 1), beginning, &workspace)
        let start = Self.address(&session)
        let index = role.index
        #expect(Self.address(&session.streams) - start == Session.headBytes.upperBound)
        #expect(Session.headBytes == 0..<64, "all of it is one cache line")
        let (counts, decoder) = Session.hotBytes(of: role)
        #expect(Self.address(&session.streams[index].search) - start == counts.lowerBound)
        #expect(counts.contains(Self.address(&session.streams[index].isInferred) - start))
        #expect(counts.contains(Self.address(&session.streams[index].traffic.payloadBytes) - start))
        // Text, binary and continuation frames are counted within.
        #expect(counts.contains(Self.address(&session.streams[index].traffic.framesByOpcode) - start + 2 * 8))
        #expect(Self.address(&session.streams[index].decoder) - start == decoder.lowerBound)
        #expect(decoder.contains(Self.address(&session.streams[index].decoder.origin) - start))
    }

    @Test("takes no more than is documented")
    func sizes() {
        #expect(MemoryLayout<Connection>.stride == 8)
        #expect(MemoryLayout<Session>.stride <= 2688)
        #expect(MemoryLayout<OpeningReader>.stride <= 264)
        #expect(MemoryLayout<PacketAhead>.stride <= 112)
    }

    private static func address<Value: ~Copyable>(_ value: inout Value) -> Int {
        withUnsafeMutablePointer(to: &value) { Int(bitPattern: $0) }
    }
}
