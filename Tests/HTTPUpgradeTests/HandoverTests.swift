import HTTPUpgrade
import TestSupport
import Testing
import WireFormat

/// A conversation, and where the following protocol begins in its streams.
struct HandoverCase: CustomTestStringConvertible {
    var conversation: Conversation
    /// The offsets, by ``Direction/index``.
    var starts: [Int]

    var testDescription: String { conversation.name }

    init(_ name: String, _ pieces: [Conversation.Piece], client: Int, server: Int) {
        conversation = Conversation(name, pieces, [])
        starts = [client, server]
    }
}

private let hello16: [UInt8] = [0x16, 0x03, 0x01, 0x00, 0x05] + Array("hello".utf8)
private let reply16: [UInt8] = [0x16, 0x03, 0x03, 0x00, 0x03] + Array("hey".utf8)
private let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
private let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
private let connect = "CONNECT a:443 HTTP/1.1\nHost: a:443\n\n"
private let established = "HTTP/1.1 200 OK\n\n"
private let askForH2C = "GET / HTTP/1.1\nHost: a\nUpgrade: h2c\nConnection: Upgrade\n\n"
private let toH2C = "HTTP/1.1 101 Switching Protocols\nUpgrade: h2c\n\n"

private let handovers: [HandoverCase] = [
    HandoverCase(
        "an accepted upgrade", [c(wire(upgrade) + maskedHello), s(wire(accepted) + hello)],
        client: length(upgrade), server: length(accepted)),
    HandoverCase(
        "an upgrade after an exchange",
        [c("GET / HTTP/1.1\n\n" + upgrade), s("HTTP/1.1 204 OK\n\n" + accepted), s(hello), c(maskedHello)],
        client: length("GET / HTTP/1.1\n\n" + upgrade), server: length("HTTP/1.1 204 OK\n\n" + accepted)),
    HandoverCase("TLS", [c(hello16), s(reply16)], client: 0, server: 0),
    HandoverCase("TLS whose server is captured first", [s(reply16), c(hello16)], client: 0, server: 0),
    HandoverCase("HTTP/2", [c(preface + settings), s(settings)], client: 0, server: 0),
    HandoverCase(
        "TLS through CONNECT", [c(connect), s(established), c(hello16), s(reply16)], client: length(connect),
        server: length(established)),
    HandoverCase(
        "HTTP/2 through CONNECT", [c(connect), s(established), c(preface + settings), s(settings)],
        client: length(connect), server: length(established)),
    HandoverCase(
        "TLS through SOCKS",
        [
            c([5, 1, 0]), s([5, 0]), c([5, 1, 0, 1, 10, 0, 0, 1, 1, 187]), s([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
            c(hello16), s(reply16),
        ],
        client: 13, server: 12),
    HandoverCase(
        "101 to h2c", [c(askForH2C), s(toH2C), s(settings), c(preface)], client: length(askForH2C),
        server: length(toH2C)),
]

@Suite("A finished follower passes on every byte that is not HTTP's")
struct HandoverTests {
    /// Feeds pieces, and compares what is left with the bytes of the next protocol.
    private func check(_ row: HandoverCase, _ pieces: [Conversation.Piece], _ comment: Comment? = nil) {
        var driver = UpgradeDriver()
        driver.feed(pieces)
        #expect(driver.isOver, comment)
        for direction in Direction.allCases {
            let left = driver.follower.takeHandover(of: direction) + driver.held[direction]!
            #expect(
                left == Array(row.conversation.stream(of: direction).dropFirst(row.starts[direction.index])), comment)
            #expect(driver.follower.takeHandover(of: direction) == [], comment)
        }
    }

    @Test("Piece by piece", arguments: handovers)
    func whole(_ row: HandoverCase) {
        check(row, row.conversation.pieces)
    }

    @Test("Byte by byte", arguments: handovers)
    func byteByByte(_ row: HandoverCase) {
        check(
            row,
            row.conversation.pieces.flatMap { piece in
                piece.bytes.map { Conversation.Piece(direction: piece.direction, bytes: [$0]) }
            })
    }

    @Test("Each stream in one lump, either first", arguments: handovers)
    func lumped(_ row: HandoverCase) {
        for first in Direction.allCases {
            check(
                row,
                [first, first.opposite].map { .init(direction: $0, bytes: row.conversation.stream(of: $0)) })
        }
    }

    @Test("Cut and interleaved at random", arguments: handovers)
    func mixed(_ row: HandoverCase) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 { check(row, row.conversation.mixed(using: &random), "seed \(seed)") }
    }

    @Test("Nothing is passed on if no known protocol follows, and never more than a preface")
    func bounds() {
        var driver = UpgradeDriver()
        driver.feed([c("GET / HTTP/1.1\nX: y"), s("220 mail.example ESMTP\n")])
        driver.feed(c([UInt8](repeating: 0x41, count: 100)))
        #expect(Direction.allCases.allSatisfy { driver.follower.takeHandover(of: $0).isEmpty })
        driver = UpgradeDriver()
        driver.feed(c("PRI * HTTP/2.0\nX: \(String(repeating: "a", count: 1000))\n\n"))
        #expect(driver.log == ["finished http2"])
        #expect(driver.follower.takeHandover(of: .fromInitiator).isEmpty)
        #expect(driver.follower.keptCount < 100)
    }
}
