import CaptureAnalysis
import CaptureCutting
import PacketCapture
import TestSupport
import Testing
import TraceOutput
import WireFormat

@Suite("A selection of sessions")
struct SessionSelectionTests {
    /// Selects all of this many sessions, one after another, each with a URL of 3,000 bytes.
    ///
    /// - Returns: The number of the first packet of each connection.
    private func select(_ count: Int, into selected: SelectedConnections) -> [UInt64] {
        let talks = (0..<count).map { session in
            var talk = TCPConversation(from: "10.0.0.7:\(1024 + session)", at: 1_700_000_000 + Int64(session))
            talk.openWebSocket("/" + String(repeating: "a", count: 3000))
            talk.finish(first: .client)
            return talk
        }
        var sink = SelectionSink(into: selected)
        return analyse(talks, .totals, into: &sink)
    }

    @Test("names sessions in comments while there is room, with as much of a URL as in lists")
    func comments() throws {
        let selected = SelectedConnections(keeping: .comments, commentBytes: 5_000)
        let firsts = select(20, into: selected)
        #expect(selected.connections.count == 20 && selected.sessionCount == (20, 20))
        let comments = firsts.compactMap { selected.takeComment(of: $0) }
        // A session's identifier, 300 bytes of URL, the verdict, and 128 bytes.
        #expect((8...11).contains(comments.count) && comments.allSatisfy { (300..<500).contains($0.utf8.count) })
        #expect(selected.uncommentedSessions == UInt64(20 - comments.count))
        #expect(comments.allSatisfy { $0.contains("ws://") && $0.contains("aaa…;") })
        #expect(firsts.allSatisfy { selected.takeComment(of: $0) == nil })
    }

    @Test("keeps nothing but the connections unless asked")
    func noDetails() {
        let selected = SelectedConnections()
        let firsts = select(3, into: selected)
        #expect(selected.connections.keys.sorted() == firsts)
        #expect(firsts.allSatisfy { selected.takeComment(of: $0) == nil && selected.takeClientRandoms(of: $0).isEmpty })
        #expect(selected.uncommentedSessions == 0)
    }
}
