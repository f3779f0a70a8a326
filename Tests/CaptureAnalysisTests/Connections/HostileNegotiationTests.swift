import CaptureAnalysis
import TestSupport
import Testing

@Suite("Negotiations meant to take time")
struct HostileNegotiationTests {
    /// Most of the bytes that a head may have.
    private static let room = 60_000

    /// A list that fills all of that, or a share of it.
    private static func long(_ element: (Int) -> String, share: Int) -> String {
        var list = ""
        var number = 0
        while list.utf8.count < room / share {
            list += element(number)
            number += 1
        }
        return list
    }

    /// Offers and answers that fill a share of a head: 1 for all of it, 4 for a quarter.
    private static func negotiations(share: Int) -> [(offer: String, answer: String)] {
        func long(_ element: (Int) -> String) -> String { Self.long(element, share: share) }
        return [
            (long { _ in "permessage-deflate;server_max_window_bits=9," }, "permessage-deflate" + long { ";a\($0)" }),
            (long { "permessage-deflate;x\($0)," }, "permessage-deflate" + long { _ in ";client_max_window_bits" }),
            (long { "e\($0)," }, long { "f\($0)," }),
            (long { "e\($0)," }, long { "e\($0)," }),
        ]
    }

    @Test("Hostile negotiations take time in proportion to their bytes, and yield few findings", arguments: 0..<4)
    func time(index: Int) throws {
        // Quadratic growth would make it 16 times.
        #expect(try cost(Self.negotiations(share: 1)[index]) < 9 * cost(Self.negotiations(share: 4)[index]))
    }

    private func cost(_ negotiation: (offer: String, answer: String)) throws -> Double {
        let name = "Sec-WebSocket-Extensions: "
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(fields: name + negotiation.offer + "\r\n"), from: .client)
        talk.send(TCPConversation.upgradeResponse(fields: name + negotiation.answer + "\r\n"), from: .server)
        talk.sendText("on", from: .server)
        return try processorSeconds {
            let analysis = Analysis(talk)
            #expect(analysis.texts == ["on"])
            #expect(analysis.rules.count <= 5)
            let refused = try #require(analysis.handshakes.first).refusedExtensions
            #expect(Set(refused).count == refused.count)
        }
    }
}
