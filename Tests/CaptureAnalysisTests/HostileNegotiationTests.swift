import CaptureAnalysis
import TestSupport
import Testing

@Suite("Negotiations that are made to cost time")
struct HostileNegotiationTests {
    private static let room = 60_000

    /// A list that fills most of what a head may hold.
    private static func long(_ element: (Int) -> String) -> String {
        var list = ""
        var number = 0
        while list.utf8.count < room {
            list += element(number)
            number += 1
        }
        return list
    }

    @Test(
        "take no more time than their bytes, and bring few findings", .timeLimit(.minutes(1)),
        arguments: [
            (long { _ in "permessage-deflate;server_max_window_bits=9," }, "permessage-deflate" + long { ";a\($0)" }),
            (long { "permessage-deflate;x\($0)," }, "permessage-deflate" + long { _ in ";client_max_window_bits" }),
            (long { "e\($0)," }, long { "f\($0)," }),
            (long { "e\($0)," }, long { "e\($0)," }),
        ])
    func time(offer: String, answer: String) throws {
        let name = "Sec-WebSocket-Extensions: "
        for _ in 0..<5 {
            var talk = TCPConversation()
            talk.open()
            talk.send(TCPConversation.upgradeRequest(fields: name + offer + "\r\n"), from: .client)
            talk.send(TCPConversation.upgradeResponse(fields: name + answer + "\r\n"), from: .server)
            talk.send(WireFrame.text("on", from: .server), from: .server)
            let analysis = Analysis(talk)
            #expect(analysis.texts == ["on"])
            #expect(analysis.rules.count <= 5)
            let refused = try #require(analysis.handshakes.first).refusedExtensions
            #expect(Set(refused).count == refused.count)
        }
    }
}
