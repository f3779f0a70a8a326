import HTTPUpgrade
import TestSupport
import Testing

@Suite("Generated conversations with known outcomes")
struct GeneratedConversationTests {
    @Test("Exchanges of every framing, then an upgrade", arguments: 0..<150)
    func exchanges(number: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var generator = ConversationGenerator(random: random)
        let conversation = generator.make()
        #expect(conversation.log == conversation.expected, "seed \(seed)")
        for _ in 0..<5 {
            var driver = UpgradeDriver()
            driver.feed(conversation.mixed(using: &random))
            #expect(driver.log == conversation.expected, "seed \(seed)")
        }
    }
}

/// Generates valid conversations: exchanges, refused upgrades and tunnels, and finally an upgrade.
private struct ConversationGenerator {
    var random: SeededGenerator
    private var client: [UInt8] = []
    private var server: [UInt8] = []
    private var expected: [String] = []

    init(random: SeededGenerator) {
        self.random = random
    }

    mutating func make() -> Conversation {
        var proxies = 0
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: refusedUpgrade()
            case 1 where proxies < 4:
                proxies += 1
                client += wire("CONNECT a:80 HTTP/1.1\n\n")
                server += wire("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n")
            default: exchange()
            }
        }
        client += wire(upgrade)
        server += wire(accepted)
        expected += ["requested /chat at \(client.count)", "accepted 101 at \(server.count)"]
        // Frames must not be read as HTTP.
        return Conversation("", [c(client + maskedHello), s(server + hello)], expected)
    }

    private mutating func refusedUpgrade() {
        client += wire(upgrade)
        expected.append("requested /chat at \(client.count)")
        let (fields, body) = body(isResponse: true)
        server += wire("HTTP/1.1 403 Forbidden\n\(fields)\n")
        expected.append("refused 403 at \(server.count)")
        server += body
    }

    private mutating func exchange() {
        let method = ["GET", "POST", "HEAD", "OPTIONS", "M-SEARCH"].randomElement(using: &random)!
        let (fields, content) = body(isResponse: false)
        client += wire("\(method) /\(Int.random(in: 0...999, using: &random)) HTTP/1.1\n\(fields)\n") + content
        if Bool.random(using: &random) { server += wire("HTTP/1.1 100 Continue\n\n") }
        let status = [200, 204, 304, 404, 500].randomElement(using: &random)!
        let (answerFields, answer) = body(isResponse: true)
        server += wire("HTTP/1.1 \(status) X\n\(answerFields)\n")
        if method != "HEAD", status != 204, status != 304 { server += answer }
    }

    /// Framing fields and the body they describe.
    private mutating func body(isResponse: Bool) -> (fields: String, bytes: [UInt8]) {
        let quoted = [[], wire(upgrade), wire(accepted), maskedHello].randomElement(using: &random)!
        let content =
            quoted + (0..<Int.random(in: 0...50, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        switch Int.random(in: 0..<3, using: &random) {
        case 0 where !isResponse: return ("Host: a\n", [])
        case 0, 1: return ("X: y\nContent-Length: \(content.count)\n", content)
        default:
            var bytes: [UInt8] = []
            var rest = content[...]
            while !rest.isEmpty {
                let chunk = rest.prefix(Int.random(in: 1...100, using: &random))
                bytes +=
                    wire(String(chunk.count, radix: 16, uppercase: Bool.random(using: &random)) + "\n") + chunk
                    + wire("\n")
                rest = rest.dropFirst(chunk.count)
            }
            let trailers = Bool.random(using: &random) ? "" : "T: 1\n"
            return ("transfer-encoding: Chunked\n", bytes + wire("0\n\(trailers)\n"))
        }
    }
}
