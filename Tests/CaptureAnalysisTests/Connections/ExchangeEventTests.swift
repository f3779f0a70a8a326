import PacketDecoding
import TestSupport
import Testing
import WireFormat

@testable import CaptureAnalysis

@Suite("Polling and event streams")
struct ExchangeEventTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

    /// The exchanges of a client whose request is answered after 5 ms.
    private func exchanges(_ request: String, _ response: String = ok, isEncrypted: Bool = false) -> [HTTPExchange] {
        var talk = TCPConversation()
        talk.open()
        for (sender, text) in [(ExpectedMessage.Sender.client, request), (.server, response)] {
            let bytes = Array(text.utf8)
            for part in isEncrypted ? XORLayer.records(bytes) : [bytes] { talk.send(part, from: sender) }
            talk.wait(milliseconds: 4)
        }
        var options = AnalysisOptions()
        options.demand.includesExchanges = true
        options.layers = [
            XORLayer.Provider(encryption: isEncrypted ? Encryption(isDecrypted: true, isResumed: false) : nil)
        ]
        return Analysis(talk.packets, options: options).reported.compactMap {
            if case .exchange(let exchange) = $0.event { exchange } else { nil }
        }
    }

    /// RFC 9112 3.3: the scheme is that of the connection; without a Host field, the server's address replaces the
    /// host.
    @Test(
        "have the URL that the client requested",
        arguments: [
            ("/a/b/c/xhr?t=1", "Host: chat.example\r\n", false, "http://chat.example/a/b/c/xhr?t=1"),
            ("/a/b/c/xhr?t=1", "Host: chat.example\r\n", true, "https://chat.example/a/b/c/xhr?t=1"),
            ("/a/b/c/xhr", "", false, "http://10.0.0.9:8080/a/b/c/xhr"),
            ("/a/b/c/xhr", "", true, "https://10.0.0.9:8080/a/b/c/xhr"),
            ("http://chat.example/?transport=polling", "Host: b\r\n", false, "http://chat.example/?transport=polling"),
            ("https://chat.example/?transport=polling", "", false, "https://chat.example/?transport=polling"),
        ])
    func url(target: String, host: String, isEncrypted: Bool, url: String) throws {
        let found = exchanges("GET \(target) HTTP/1.1\r\n\(host)\r\n", isEncrypted: isEncrypted)
        #expect(found.map(\.heads.url) == [url])
        #expect(found.map(\.heads.target) == [target])
    }

    @Test("have both heads, their ends, and how long the response took")
    func heads() throws {
        let exchange = try #require(exchanges("GET /a/b/c/xhr HTTP/1.0\r\nX-A: 1\r\n\r\n").first)
        #expect(exchange.client.description == "10.0.0.7:53412" && exchange.server.description == "10.0.0.9:8080")
        #expect(exchange.heads.method == "GET" && exchange.heads.httpVersion == "1.0")
        #expect(exchange.heads.status == 200 && exchange.heads.responseHTTPVersion == "1.1")
        #expect(exchange.heads.requestHeader.all.map(\.name) == ["X-A"])
        #expect(exchange.heads.responseHeader.all.map(\.value) == ["2"])
        // The request is the fourth packet, a millisecond after the previous one.
        #expect(exchange.requestElapsed == 3_000_000 && exchange.responseTime == 5_000_000)
    }

    @Test(
        "are distinguished by the response's type (HTML 9.2.1), whatever its case and parameters",
        arguments: [
            ("/a/b/c/xhr", "text/plain", [false]), ("/events", "text/event-stream", [true]),
            ("/events", "Text/Event-Stream; charset=utf-8", [true]), ("/events", "text/plain", []),
        ])
    func kind(target: String, type: String, kinds: [Bool]) {
        let response = "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\r\n"
        #expect(exchanges("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", response).map(\.isEventStream) == kinds)
    }
}
