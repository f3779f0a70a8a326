import Testing
import WireFormat

@testable import HTTPUpgrade

@Suite("Midstream starts and gaps")
struct SearchingTests {
    private let requested = "requested /chat at \(length(upgrade))"
    private let opened = "accepted 101 at \(length(accepted))"

    @Test("An upgrade after a midstream start")
    func midstream() {
        var driver = UpgradeDriver(beganBeforeCapture: true)
        driver.feed([c("lo world"), s([0, 1, 2]), s("HTTP/1.1 nonsense\n"), c(upgrade), s(accepted), s(hello)])
        #expect(
            driver.log == ["requested /chat at \(8 + length(upgrade))", "accepted 101 at \(22 + length(accepted))"])
        #expect(driver.follower.client == .fromInitiator)
    }

    @Test("The responder may be the client")
    func reversed() {
        var driver = UpgradeDriver(beganBeforeCapture: true)
        driver.feed([s(upgrade), c(accepted)])
        #expect(driver.log == [requested, opened])
        #expect(driver.follower.client == .fromResponder)
    }

    @Test("A request and its response are found however they are cut")
    func split() {
        var driver = UpgradeDriver(beganBeforeCapture: true)
        driver.feed(c("OK"))
        driver.feed(c("GET "))
        for byte in wire(upgrade).dropFirst(4) { driver.feed(c([byte])) }
        driver.feed(s("HTTP/"))
        for byte in wire(accepted).dropFirst(5) { driver.feed(s([byte])) }
        #expect(driver.log == ["requested /chat at \(2 + length(upgrade))", opened])
    }

    @Test("Only the right Accept proves an upgrade, since a body may quote one", arguments: ["wrong", ""])
    func unproven(accept: String) {
        var driver = UpgradeDriver(beganBeforeCapture: true)
        driver.feed([
            c(upgrade), s(accepted.replacing("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", with: accept)), c(maskedHello), s(hello),
        ])
        #expect(driver.log == [requested])
        #expect(driver.held[.fromInitiator] == maskedHello)
        driver.feed(s(accepted))
        #expect(driver.log.count == 2)
    }

    @Test("A request that a body quotes gives way to the real one")
    func quoted() {
        var driver = UpgradeDriver(beganBeforeCapture: true)
        driver.feed([c("POST / HTTP/1.1\nContent-Length: 999\n\n"), c(upgrade.replacing("/chat", with: "/quoted"))])
        driver.feed([c(upgrade), s(accepted)])
        #expect(driver.log.map { $0.prefix(8) } == ["requeste", "lost 0 a", "requeste", "accepted"])
        #expect(driver.answers.last?.request.target == "/chat")
    }

    @Test("A waiting response comes before the gap that holds its request, and only that response")
    func answerBeforeGap() {
        var driver = UpgradeDriver()
        driver.feed(s(accepted))
        driver.lose(UInt64(length(upgrade)), .fromInitiator, comesLate: true)
        driver.feed(s(hello))
        #expect(driver.log == ["gap waits", "accepted 101 at \(length(accepted))"])
        #expect(driver.answers.last?.request.isSeen == false)

        driver = UpgradeDriver()
        driver.feed([s("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), s(accepted)])
        driver.lose(20, .fromInitiator, comesLate: true)
        driver.feed(s(""))
        #expect(driver.log == ["gap waits"] && driver.held[.fromResponder]! == wire(accepted))
    }

    @Test("A head in the middle of a piece does not count")
    func inside() {
        var driver = UpgradeDriver(beganBeforeCapture: true)
        driver.feed([c("x" + upgrade), s(accepted), c("POST / HTTP/1.1\nContent-Length: 400\n\n" + upgrade)])
        #expect(driver.log == [])
    }

    @Test("After a refusal, an upgrade that is requested again is found")
    func refused() {
        var driver = UpgradeDriver(beganBeforeCapture: true)
        driver.feed([c(upgrade), s("HTTP/1.1 401 No\n\nbody"), s("more"), c(upgrade), s(accepted)])
        #expect(driver.log.map { $0.prefix(8) } == ["requeste", "refused ", "requeste", "accepted"])
    }

    @Test("A gap within a body of known length changes nothing")
    func knownLength() {
        var driver = UpgradeDriver()
        driver.feed([c("GET / HTTP/1.1\n\n"), s("HTTP/1.1 200 OK\nContent-Length: 1000\n\nab")])
        driver.lose(900, .fromResponder)
        driver.feed([s([UInt8](repeating: 0, count: 98)), c(upgrade), s(accepted.replacing("s3p", with: "x"))])
        #expect(!driver.follower.isSearching)
        #expect(driver.log.last?.prefix(8) == "accepted")
    }

    @Test(
        "A gap inside a chunk changes nothing; one across its end does",
        arguments: [(14, false), (15, false), (16, true)])
    func chunk(lost: UInt64, isSearching: Bool) {
        var driver = UpgradeDriver()
        driver.feed([c("GET / HTTP/1.1\n\n"), s("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n10\na")])
        driver.lose(lost, .fromResponder)
        #expect(driver.follower.isSearching == isSearching)
        let rest = [14: "x\n0\n\n", 15: "\n0\n\n", 16: "\n0\n\n"][lost]!
        driver.feed([s(rest), c(upgrade), s(accepted)])
        #expect(driver.log.last?.prefix(8) == "accepted")
    }

    @Test("A gap in a body that ends with the connection changes nothing")
    func untilClose() {
        var driver = UpgradeDriver()
        driver.feed([c("GET / HTTP/1.1\n\n"), s("HTTP/1.1 200 OK\n\n")])
        driver.lose(nil, .fromResponder)
        #expect(!driver.follower.isSearching)
    }

    @Test("A gap in a head, or longer than the body, starts the search", arguments: [UInt64?.none, 1, 1000])
    func lostFraming(length: UInt64?) {
        for text in ["HTTP/1.1 200 OK\nContent-Le", "HTTP/1.1 200 OK\nContent-Length: 4\n\n1234"] {
            var driver = UpgradeDriver()
            driver.feed([c("GET / HTTP/1.1\n\n"), s(text)])
            driver.lose(length, .fromResponder)
            #expect(driver.follower.isSearching)
            driver.feed([s(accepted), c(upgrade), s("no head"), s(accepted)])
            #expect(driver.log.map { $0.prefix(8) } == ["requeste", "accepted"])
        }
    }

    @Test("A lost request does not hold up the server's stream")
    func lostRequest() {
        var driver = UpgradeDriver()
        driver.lose(100, .fromInitiator)
        driver.feed([s("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc"), c(upgrade), s(accepted)])
        #expect(driver.held[.fromResponder] == [])
        #expect(driver.log.map { $0.prefix(8) } == ["requeste", "accepted"])
    }

    @Test("After a lost response, frames may have begun")
    func lostAnswer() {
        var driver = UpgradeDriver()
        driver.feed(c(wire(upgrade) + maskedHello))
        driver.lose(UInt64(length(accepted)), .fromResponder)
        driver.feed(s(hello))
        #expect(driver.log == [requested])
        #expect(driver.follower.isAnswerHidden)
        #expect(driver.held[.fromInitiator] == maskedHello)
        #expect(driver.follower.pendingRequest?.target == "/chat")
    }

    @Test("A client that goes on with another request got its response within the gap")
    func lostRefusal() {
        var driver = UpgradeDriver()
        driver.feed(c(upgrade))
        driver.lose(100, .fromResponder)
        driver.feed([c(upgrade), s(accepted)])
        #expect(driver.log.map { $0.prefix(8) } == ["requeste", "lost 0 a", "requeste", "accepted"])
        #expect(!driver.follower.isAnswerHidden)
    }

    @Test("A gap right after an upgrade request waits for the response")
    func gapBehindRequest() {
        var driver = UpgradeDriver()
        driver.feed(c(upgrade))
        driver.lose(10, .fromInitiator)
        driver.feed(s(accepted))
        #expect(driver.log == [requested, "gap waits", opened])
    }

    @Test("A gap in the exchange with a proxy starts the search")
    func proxy() {
        var driver = UpgradeDriver()
        driver.feed(c([5, 1, 0]))
        driver.lose(2, .fromResponder)
        driver.feed([c([5, 1, 0, 1, 1, 2, 3, 4, 0, 80]), s([5, 0, 0, 1]), c(upgrade), s(accepted)])
        #expect(driver.log.count == 2)
    }
}
