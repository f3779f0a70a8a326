import Testing
import WireFormat

@testable import HTTPUpgrade

@Suite("Bytes before the request")
struct PreambleTests {
    /// Bytes before the request, none of which is a request line.
    static let preambles: [[UInt8]] = [
        wire("A"), wire("hello\n"), wire("HELLO world\n"), wire("AUTH x\n\n"), wire("GET /nothing\n"),
        wire("TARGET foo "),
        wire("G"), wire("GE"), wire("GGET "), wire("{\"token\":\"abc\"}\n"), wire("\n\nXX"),
        wire("POST "),
        [5], [5, 1, 0], [0x16, 2, 1], [UInt8](repeating: 0, count: 16), [13],
        [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 11],
        wire("READY 1.0\n"), wire("HELLO world "), wire("AUTH token "),
        // Unfinished PROXY protocol, SOCKS 4, and truncated TLS records.
        wire("PROXY TCP4 192.0.2.1 192.0.2.2 5000 80"), wire("PROXY TCP4 192.0."), wire("PROXY "), [4, 1],
        [4, 1, 0, 80, 192, 0, 2, 1], [4, 1, 0, 80, 192, 0, 2, 1, 0x75, 0x73], [0x16, 3], [0x16, 3, 1], [0x17, 3, 3],
        [UInt8](repeating: 0x47, count: 4096), [UInt8](repeating: 0xff, count: 4096),
    ]

    private func log(_ preamble: [UInt8]) -> [String] {
        ["requested /chat at \(preamble.count + length(upgrade))", "accepted 101 at \(length(accepted))"]
    }

    @Test("are skipped, in one piece with it", arguments: preambles)
    func onePiece(preamble: [UInt8]) {
        var driver = UpgradeDriver()
        driver.feed([c(preamble + wire(upgrade)), s(accepted)])
        #expect(driver.log == log(preamble))
    }

    @Test("are skipped wherever the stream is cut", arguments: preambles)
    func cut(preamble: [UInt8]) {
        let bytes = preamble + wire(upgrade)
        for place in stride(from: 1, to: bytes.count, by: max(1, preamble.count / 40)) {
            var driver = UpgradeDriver()
            driver.feed([c(Array(bytes[..<place])), c(Array(bytes[place...])), s(accepted)])
            #expect(driver.log == log(preamble), "cut at \(place)")
        }
    }

    @Test("are skipped byte by byte", arguments: preambles)
    func byteByByte(preamble: [UInt8]) {
        var driver = UpgradeDriver()
        for byte in preamble + wire(upgrade) { driver.feed(c([byte])) }
        for byte in wire(accepted) { driver.feed(s([byte])) }
        #expect(driver.log == log(preamble))
    }

    @Test(
        "may be the server's, which greets first or responds late",
        arguments: [
            "SSH-2.0-OpenSSH_9.6\n", "220 mail ESMTP\n", "\u{0}\u{0}\u{1}", "\u{5}",
            "we speak HTTP/1.1\n", "READY now\n", "READY ", "AUTH token ", "POST /x HTTP/1.1\n", "PROXY TCP4 192.0.",
            "\u{4}\u{1}", "\u{16}\u{3}\u{1}",
        ])
    func greeting(text: String) {
        for preamble in [[], [0x78, 1], wire("HELLO a\n")] {
            for pieces in [
                [s(text), c(preamble + wire(upgrade)), s(accepted)],
                [c(preamble), s(text), c(upgrade), s(accepted)],
                [c(preamble + wire(upgrade)), s(text), s(accepted)],
                [c(preamble + wire(upgrade)), s(text + accepted)],
            ] {
                var driver = UpgradeDriver()
                driver.feed(pieces)
                #expect(driver.log.map { $0.prefix(9) } == ["requested", "accepted "], "\(preamble) \(pieces)")
            }
        }
    }

    @Test("are not skipped if the end that did not open the connection is the client")
    func reverse() {
        var driver = UpgradeDriver()
        driver.feed([s(upgrade), c(accepted)])
        #expect(driver.log.map { $0.prefix(9) } == ["requested", "accepted "])
        #expect(driver.follower.client == .fromResponder)
    }

    @Test(
        "decide with the initiator who the client is, if the other end waited for it",
        arguments: ["AUTH token\n", "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\n"])
    func waitingResponder(preamble: String) {
        // The responder's request is complete before the initiator's, but waits until the initiator's first line is.
        let start = wire(preamble).dropLast()
        for rest in [[wire("\n" + upgrade)], wire("\n" + upgrade).map { [$0] }] {
            var driver = UpgradeDriver()
            driver.feed([c(Array(start)), s("GET /other HTTP/1.1\n\n")] + rest.map { c($0) } + [s(accepted)])
            #expect(driver.log.map { $0.prefix(15) } == ["requested /chat", "accepted 101 at"])
            #expect(driver.follower.client == .fromInitiator)
        }
    }

    @Test("do not come before a later response")
    func laterAnswer() {
        var driver = UpgradeDriver()
        driver.feed([c("GET / HTTP/1.1\n\n"), s("HTTP/1.1 204 No Content\n\n"), c(upgrade), s("READY " + accepted)])
        #expect(driver.log.map { $0.prefix(9) } == ["requested", "finished "])
    }

    @Test("are given up after 4 KiB of either stream")
    func bound() {
        var client = UpgradeDriver()
        client.feed([c([UInt8](repeating: 0, count: 4096)), c([0])])
        #expect(client.log == ["finished unknown"])
        var server = UpgradeDriver()
        server.feed(s([UInt8](repeating: 0, count: 4097)))
        server.feed(c([0]))
        #expect(server.log == ["finished unknown"])
    }

    @Test("with false heads end the search, however many there are")
    func falseHeads() {
        let answers = String(repeating: "HTTP/1.1 2x\n\n", count: 4000)
        var driver = UpgradeDriver()
        driver.feed([c(wire("x" + upgrade)), s("x"), s(answers)])
        #expect(driver.log.last == "finished brokenHTTP")
        var requests = UpgradeDriver()
        requests.feed(c("x" + String(repeating: "GET /\n\n", count: 4000)))
        #expect(requests.log == ["finished unknown"])
    }

    @Test("of the PROXY protocol are kept for their addresses")
    func proxy() {
        let line = "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\n"
        var driver = UpgradeDriver()
        driver.feed([c(line + upgrade), s(accepted)])
        #expect(driver.follower.proxyHeader == wire(line))
        let fixed: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11, 0, 17]
        let addresses: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0x13, 0x88, 0, 80]
        for cut in 1..<33 {
            var driver = UpgradeDriver()
            let bytes = fixed + addresses + [4, 0, 2, 1, 1] + wire(upgrade)
            driver.feed([c(Array(bytes[..<cut])), c(Array(bytes[cut...])), s(accepted)])
            #expect(driver.log.count == 2)
            #expect(driver.follower.proxyHeader.starts(with: fixed + addresses))
        }
    }

    @Test("that the capture lacks count, and the search goes on")
    func gap() {
        var driver = UpgradeDriver()
        driver.feed(c([1, 2, 3]))
        driver.lose(100, .fromInitiator)
        driver.feed([c(upgrade), s(accepted)])
        #expect(driver.log.map { $0.prefix(9) } == ["requested", "accepted "])
    }
}
