import PacketDecoding
import TestSupport
import Testing
import WireFormat

/// An input that once cost too much, or more than its length justifies, or in which false sessions were seen.
struct Attack: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The size of the smallest capture.
    var size: Int
    /// The arguments of the program.
    var arguments: [String] = []
    /// The number of sessions in a capture of a size.
    var sessions: @Sendable (Int) -> Int = { _ in 0 }
    /// The capture of a size.
    var capture: @Sendable (Int) -> [UInt8]

    static let all: [Attack] = [
        prose(.utf8), prose(.utf16),
        Attack(
            testDescription: "refused upgrades, then requests that stay pending", size: 8,
            capture: { count in
                capture(count) { talk in
                    talk.open()
                    talk.send(TCPConversation.upgradeRequest("/x"), from: .client)
                    talk.send(refusal, from: .server)
                    talk.send(TCPConversation.upgradeRequest(longTarget), from: .client)
                    talk.send("\0garbage", from: .server)
                }
            }),
        Attack(
            testDescription: "one byte that waits, of a long segment", size: 8,
            capture: { count in
                let body = String(repeating: "b", count: length)
                let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\n" + body
                let data = Array((post + TCPConversation.upgradeRequest() + "x").utf8)
                return capture(count) { talk in
                    talk.open()
                    talk.lose(1, from: .client)
                    talk.send(Array(data.dropFirst()), from: .client)
                    talk.sendAgain(data, keeping: 1)
                }
            }),
        Attack(
            testDescription: "long heads of refused upgrades, which wait in batches of events", size: 4,
            arguments: ["--jobs", "2"],
            capture: { count in
                capture(count) { talk in
                    talk.open()
                    for _ in 0..<4 {
                        talk.send(TCPConversation.upgradeRequest(fields: longOffer), from: .client)
                        talk.send(refusal, from: .server)
                    }
                    talk.finish(first: .client)
                }
            }),
        Attack(
            testDescription: "handshakes that a filter keeps", size: 8, arguments: ["--opcode", "close"],
            sessions: { $0 },
            capture: { count in
                capture(count) { talk in
                    talk.open()
                    talk.send(TCPConversation.upgradeRequest(fields: longOffer), from: .client)
                    talk.send(TCPConversation.upgradeResponse(), from: .server)
                    talk.send(WireFrame.text("hello", from: .server), from: .server)
                }
            }),
        Attack(
            testDescription: "secrets of one byte in a pcapng file", size: 20_000,
            capture: { count in
                var builder = PcapngBuilder()
                builder.appendInterface()
                let start = builder.bytes.count
                builder.appendSecrets([65])
                let block = builder.bytes[start...]
                return builder.bytes[..<start] + (0..<count).flatMap { _ in block }
            }),
        Attack(
            testDescription: "gaps in a search that a long frame reaches over", size: 1000, sessions: { _ in 1 },
            capture: gaps),
        Attack(
            testDescription: "tiny frames that wait behind a hole, in several sessions", size: 2,
            sessions: { _ in 16 },
            capture: { count in
                // Whole for the longest: it grows in each session.
                let frames = (0..<1000).flatMap { _ in WireFrame.text("m", from: .server) }
                return capture(16) { talk in
                    talk.openWebSocket()
                    talk.lose(2, from: .server)
                    for _ in 0..<count { talk.send(frames, from: .server) }
                    talk.fill([0x81, 0], behind: count * frames.count)
                }
            }),
        Attack(
            testDescription: "a text whose search goes back again and again", size: 50_000,
            arguments: ["--grep", "(?=.*tea)(?=.*milk)"], sessions: { _ in 1 },
            capture: { count in
                capture(1) { talk in
                    talk.openWebSocket()
                    talk.sendParts(of: WireFrame.text(String(repeating: "a", count: count), from: .server))
                    talk.finish(first: .client)
                }
            }),
        Attack(
            testDescription: "bombs that claim to be long, so that their ratio seems small", size: 2,
            sessions: { $0 },
            capture: { count in
                let bomb = InflateBombTests.deflatedZeros(4 << 20)
                let field = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                // An unmasked text frame of 2^40 bytes with RSV1.
                let frame = [0xc1, 0x7f, 0, 0, 1, 0, 0, 0, 0, 0] + bomb
                return capture(count) { talk in
                    talk.open()
                    talk.send(TCPConversation.upgradeRequest(fields: field), from: .client)
                    talk.send(TCPConversation.upgradeResponse(fields: field), from: .server)
                    talk.sendParts(of: frame)
                    talk.reset(from: .client)
                }
            }),
    ]

    /// The length of something long, in bytes.
    private static let length = 20_000
    private static let longTarget = "/" + String(repeating: "a", count: length)
    private static let longOffer = "Sec-WebSocket-Extensions: a" + String(repeating: ";b", count: length / 2) + "\r\n"
    private static let refusal = "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n"

    /// A capture of this many connections, one after another.
    private static func capture(_ count: Int, _ body: (inout TCPConversation) -> Void) -> [UInt8] {
        (0..<count).flatMap { number in
            var talk = TCPConversation(from: "10.1.\(number / 200).\(number % 200):5000")
            body(&talk)
            return talk.packets
        }.pcap()
    }

    /// Sessions with a gap, the header of a long frame, and packets without their payload.
    private static func gaps(_ count: Int) -> [UInt8] {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.acknowledge(from: .client)
        let cut = talk.packets.count
        talk.send([UInt8](repeating: 0x78, count: 100), from: .server)
        talk.send(
            [0x82, 0x7f, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff] + [UInt8](repeating: 0x7a, count: 200), from: .server)
        let first = talk.packets.count
        for number in 0..<count {
            talk.send([UInt8](repeating: 0x7a, count: 10), from: .server)
            if number % 1000 == 999 { talk.acknowledge(from: .client) }
        }
        var packets = talk.packets
        // Ethernet, IPv4 and TCP headers take 54 bytes.
        for index in [cut] + Array(first..<packets.count) {
            packets[index].bytes = Array(packets[index].bytes.prefix(54))
        }
        return packets.pcap()
    }
}

/// Text in scripts whose bytes look like frame headers.
extension Attack {
    enum Encoding: String {
        case utf8 = "UTF-8"
        case utf16 = "UTF-16"
    }

    /// Downloads whose beginning the capture lacks.
    fileprivate static func prose(_ encoding: Encoding) -> Attack {
        Attack(
            testDescription: "text in \(encoding.rawValue), begun before the capture", size: 8,
            capture: { count in
                var random = SeededGenerator(seed: 5)
                return (0..<count).flatMap { number in
                    let words = scripts[number % scripts.count].split(separator: " ")
                    var text = ""
                    while text.utf8.count < 8000 {
                        text += words.randomElement(using: &random)! + (number % 3 == 0 ? "</p>\n<p>" : "")
                    }
                    let bytes = encoding == .utf8 ? Array(text.utf8) : text.utf16.flatMap(\.littleEndianBytes)
                    var talk = TCPConversation(from: "10.1.\(number / 200).\(number % 200):5000", to: "10.0.0.9:80")
                    talk.sendParts(of: bytes)
                    talk.acknowledge(from: .client)
                    return talk.packets
                }.pcap()
            })
    }

    private static let scripts = [
        "このファイルを 開くことが できませんでした。 しばらくしてから もう一度 お試しください、 設定は 保存されています。",
        "ไม่สามารถ เปิดแฟ้ม นี้ได้ โปรดลอง อีกครั้ง ในภายหลัง การตั้งค่า ถูกบันทึก แล้ว",
        "无法打开 此文件。 请稍后 再试一次， 您的设置 已经保存。 谢谢您的 耐心等待！",
        "이 파일을 열 수 없습니다. 나중에 다시 시도해 주십시오, 설정이 저장되었습니다.",
        "Не удалось открыть этот файл. Повторите попытку позже, настройки уже сохранены.",
        "यह फ़ाइल नहीं खोली जा सकी। कृपया बाद में फिर से प्रयास करें, सेटिंग सहेजी गई हैं।",
        "تعذر فتح هذا الملف. يرجى المحاولة مرة أخرى لاحقا، تم حفظ الإعدادات.",
    ]
}

extension TCPConversation {
    /// Sends a server's bytes in segments of the usual size.
    fileprivate mutating func sendParts(of bytes: [UInt8]) {
        for (number, start) in stride(from: 0, to: bytes.count, by: 1448).enumerated() {
            send(Array(bytes[start..<min(start + 1448, bytes.count)]), from: .server)
            if number % 20 == 19 { acknowledge(from: .client) }
        }
    }

    /// Sends the client's first bytes again, after everything that it has sent of them.
    fileprivate mutating func sendAgain(_ bytes: [UInt8], keeping count: Int) {
        let rest = bytes.count - count
        lose(-bytes.count, from: .client)
        send(Array(bytes.prefix(count)), from: .client)
        lose(rest, from: .client)
    }

    /// Sends a server's bytes that belong before the last `count` that it sent.
    fileprivate mutating func fill(_ bytes: [UInt8], behind count: Int) {
        lose(-count - bytes.count, from: .server)
        send(bytes, from: .server)
        lose(count, from: .server)
        acknowledge(from: .client)
    }
}
