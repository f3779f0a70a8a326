import HTTPUpgrade
import Testing

private let ok = "HTTP/1.1 200 OK\nContent-Length: 0\n\n"

@Suite("Kinds of HTTP traffic")
struct HTTPTrafficTests {
    @Test(
        "Targets and types",
        arguments: [
            ("/", ok, HTTPTraffic.exchanges),
            ("/", "HTTP/1.1 200 OK\nContent-Type: Text/Event-Stream; charset=utf-8\n\n", [.exchanges, .eventStream]),
            ("/", "HTTP/1.1 200 OK\nContent-Type: text/html\n\n", .exchanges),
            ("/socket.io/?EIO=4&transport=polling&t=x", ok, [.exchanges, .polling]),
            ("/transport=polling", ok, .exchanges),
            ("/echo/000/abcdef/xhr_streaming", ok, [.exchanges, .polling]),
            ("/echo/000/abcdef/xhr?t=1", ok, [.exchanges, .polling]),
            ("/000/abcdef/xhr_send", ok, [.exchanges, .polling]),
            ("/echo/000/abcdef/jsonp?c=x", ok, [.exchanges, .polling]),
            ("/xhr", ok, .exchanges),
        ] as [(String, String, HTTPTraffic)])
    func flags(target: String, response: String, expected: HTTPTraffic) {
        for isMidstream in [false, true] {
            var driver = UpgradeDriver(beganBeforeCapture: isMidstream)
            driver.feed([c("GET \(target) HTTP/1.1\nHost: a\n\n"), s(response)])
            #expect(driver.follower.traffic == expected)
        }
    }

    @Test("Five GETs in a row for a path are polling, whatever the query", arguments: [false, true])
    func repeated(isMidstream: Bool) {
        func traffic(_ targets: [String], method: String = "GET") -> HTTPTraffic {
            var driver = UpgradeDriver(beganBeforeCapture: isMidstream)
            for target in targets { driver.feed([c("\(method) \(target) HTTP/1.1\nHost: a\n\n"), s(ok)]) }
            return driver.follower.traffic
        }
        #expect(traffic((0..<5).map { "/updates?since=\($0)" }) == [.exchanges, .polling])
        #expect(traffic((0..<4).map { "/updates?since=\($0)" }) == .exchanges)
        #expect(traffic((0..<9).map { "/page/\($0)" }) == .exchanges)
        #expect(traffic((0..<9).map { $0 % 2 == 0 ? "/a" : "/b" }) == .exchanges)
        #expect(traffic([String](repeating: "/graphql", count: 9), method: "POST") == .exchanges)
    }

    @Test("No traffic on connections without HTTP")
    func none() {
        var driver = UpgradeDriver()
        driver.feed(c([0x16, 3, 1]))
        #expect(driver.follower.traffic == [])
        #expect(driver.follower.client == nil)
    }
}
