import TestSupport
import Testing
import WireFormat

@testable import HTTPUpgrade

@Suite("Limits")
struct UpgradeLimitsTests {
    private func limits(head: Int = 200) -> UpgradeFollower.Limits {
        var limits = UpgradeFollower.Limits()
        limits.head = head
        return limits
    }

    @Test(
        "A head exactly as long as the limit is read; a longer one is not, however it is cut", arguments: [1, 7, 1000])
    func head(pieceLength: Int) {
        let fixed = length("GET / HTTP/1.1\nUpgrade: websocket\nX: \n\n")
        for (padding, expected) in [(0, "requested / at 200"), (1, "finished oversizedHead")] {
            let text =
                "GET / HTTP/1.1\nUpgrade: websocket\nX: \(String(repeating: "a", count: 200 - fixed + padding))\n\n"
            let bytes = wire(text)
            var driver = UpgradeDriver(limits: limits())
            for start in stride(from: 0, to: bytes.count, by: pieceLength) {
                driver.feed(c(Array(bytes[start..<min(start + pieceLength, bytes.count)])))
            }
            #expect(driver.log == [expected])
        }
    }

    @Test("A stream that is not HTTP has no head that could be too long", arguments: [1, 1000])
    func notHTTP(pieceLength: Int) {
        let bytes = wire("NICK bob\n" + String(repeating: "a", count: 300))
        var driver = UpgradeDriver(limits: limits())
        for start in stride(from: 0, to: bytes.count, by: pieceLength) {
            driver.feed(c(Array(bytes[start..<min(start + pieceLength, bytes.count)])))
        }
        #expect(driver.log == [])
    }

    @Test("A search skips a head that is too long")
    func searching() {
        var driver = UpgradeDriver(limits: limits(head: 300), beganBeforeCapture: true)
        driver.feed([c("GET / HTTP/1.1\nX: " + String(repeating: "a", count: 500)), c(upgrade)])
        #expect(driver.log.count == 1)
        #expect(driver.log[0].hasPrefix("requested"))
    }

    @Test("A head that comes byte by byte takes linear time")
    func linear() {
        func cost(fields: Int) -> Double {
            processorSeconds {
                var follower = UpgradeFollower(limits: .init(), beganBeforeCapture: false)
                let folded = String(repeating: "X: \n\ty\n", count: fields)
                var outcomes = 0
                for byte in wire("GET / HTTP/1.1\nUpgrade: websocket\n" + folded + "\n") {
                    let piece = [byte]
                    if case .requested = follower.receive(piece.span, from: .fromInitiator).outcome { outcomes += 1 }
                }
                #expect(outcomes == 1)
            }
        }
        // Quadratic growth would make it 16 times.
        #expect(cost(fields: 5000) < 9 * cost(fields: 1250))
    }

    @Test("The client's stream waits after 256 requests without a response")
    func outstanding() {
        var driver = UpgradeDriver()
        let get = "GET / HTTP/1.1\n\n"
        driver.feed(c(String(repeating: get, count: 300)))
        #expect(driver.held[.fromInitiator]!.count == 44 * length(get))
        let response = "HTTP/1.1 200 OK\nContent-Length: 0\n\n"
        driver.feed(s(String(repeating: response, count: 300)))
        #expect(driver.held == [.fromInitiator: [], .fromResponder: []])
        driver.feed([c(upgrade), s(accepted)])
        #expect(driver.log.last == "accepted 101 at \(300 * length(response) + length(accepted))")
    }

    @Test("Giving up a wait ends the reading and keeps the request")
    func givingUp() {
        var driver = UpgradeDriver()
        driver.feed(c(upgrade))
        #expect(driver.follower.giveUpWaiting() == .unknown)
        #expect(driver.follower.pendingRequest?.target == "/chat")
        driver.feed(s(accepted))
        #expect(driver.log.last == "finished unknown")
        #expect(driver.follower.giveUpWaiting() == .unknown)
    }

    @Test("The state of a connection is small")
    func size() {
        #expect(MemoryLayout<UpgradeFollower>.size <= 256)
    }
}
