import HTTPUpgrade
import Testing
import WireFormat

@Suite("Plain exchanges")
struct ExchangeTests {
    private static let ok = "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"
    private static let stream = "HTTP/1.1 200 OK\nContent-Type: text/event-stream; charset=utf-8\n\n"

    private static func get(_ target: String) -> String { "GET \(target) HTTP/1.1\nHost: h\n\n" }

    private func log(_ pieces: [Conversation.Piece], reportsExchanges: Bool = true) -> [String] {
        var driver = UpgradeDriver(reportsExchanges: reportsExchanges)
        driver.feed(pieces)
        return driver.log
    }

    @Test(
        "are reported if they poll, or begin an event stream",
        arguments: [
            ("/socket.io/?EIO=4&transport=polling", ok, 38), ("/echo/123/abcdefgh/xhr", ok, 38),
            ("/events", stream, 67),
        ])
    func reported(target: String, answer: String, head: Int) {
        for pieces in [
            [c(Self.get(target)), s(answer)],
            wire(Self.get(target)).map { c([$0]) } + wire(answer).map { s([$0]) },
        ] {
            #expect(log(pieces) == ["exchanged \(target) 200 at \(head)"])
            #expect(log(pieces, reportsExchanges: false).isEmpty)
        }
    }

    @Test("are not reported otherwise, nor if they were requested during another one")
    func unreported() {
        #expect(log([c(Self.get("/index.html")), s(Self.ok)]).isEmpty)
        let poll = Self.get("/socket.io/?transport=polling")
        #expect(log([c(Self.get("/a") + poll), s(Self.ok + Self.ok)]).isEmpty)
        #expect(log([c(poll), s("HTTP/1.1 103 Early Hints\n\n" + Self.ok)]).count == 1)
    }

    @Test("do not prevent an upgrade on the same connection")
    func thenUpgrade() {
        let poll = Self.get("/socket.io/?transport=polling")
        #expect(
            log([c(poll), s(Self.ok), c(upgrade), s(accepted)]) == [
                "exchanged /socket.io/?transport=polling 200 at 38",
                "requested /chat at \(length(poll) + length(upgrade))",
                "accepted 101 at \(length(Self.ok) + length(accepted))",
            ])
    }
}
