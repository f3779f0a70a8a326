import TestSupport
import Testing
import WireFormat

@testable import WebSocketProtocol

/// Bytes that a search must never take for frames: text in any script, encoding and markup, and tables.
@Suite("Foreign bytes")
struct ForeignBytesTests {
    /// Prose in one script; its sentences are put together in random order.
    struct Script: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var words: [String]

        init(_ name: String, _ text: String) {
            testDescription = name
            words = text.split(separator: " ").map(String.init)
        }
    }

    static let scripts = [
        Script(
            "Japanese",
            "このファイルは見つかりませんでした。 もう一度お試しください。 あなたのメッセージは送信されました。 接続が閉じられました。 すべての項目を選択してください。 "
                + "新しいバージョンが利用できます。 ああ、そうですか。 お名前を入力してください。 どうもありがとうございます。 いいえ、まだです。"),
        Script(
            "Thai",
            "ไม่พบแฟ้มที่คุณต้องการ กรุณาลองใหม่อีกครั้ง ข้อความของคุณถูกส่งแล้ว การเชื่อมต่อถูกปิด โปรดเลือกรายการทั้งหมด มีรุ่นใหม่ให้ใช้งาน ขอบคุณมาก"
        ),
        Script("Chinese", "找不到该文件。 请再试一次。 您的消息已发送。 连接已关闭。 请选择所有项目。 有新版本可用。 请输入您的姓名。 非常感谢。"),
        Script("Korean", "파일을 찾을 수 없습니다. 다시 시도해 주십시오. 메시지를 보냈습니다. 연결이 닫혔습니다. 모든 항목을 선택하십시오."),
        Script(
            "Russian",
            "Файл не найден. Попробуйте ещё раз. Ваше сообщение отправлено. Соединение закрыто. Выберите все элементы."),
        Script(
            "Arabic",
            "لم يتم العثور على الملف حاول مرة أخرى تم إرسال رسالتك تم إغلاق الاتصال اختر كل العناصر شكرا جزيلا لك"),
        Script("Hindi", "फ़ाइल नहीं मिली। कृपया पुनः प्रयास करें। आपका संदेश भेज दिया गया है। कनेक्शन बंद हो गया। सभी आइटम चुनें।"),
        Script(
            "Greek",
            "Το αρχείο δεν βρέθηκε. Δοκιμάστε ξανά. Το μήνυμά σας εστάλη. Η σύνδεση έκλεισε. Επιλέξτε όλα τα στοιχεία."),
        Script("emoji", "😀😃😄 👍🏽👋 ☕🍵 🎉🎉 🐸💧 🇯🇵🇩🇪 ❤️‍🔥 🙈🙉🙊 ✅❌ 🕐🕑🕒"),
    ]

    /// A little more than a search keeps.
    private static let length = 18_000

    /// How a text is encoded as bytes.
    enum Form: String, CaseIterable {
        case plain, html, json, lines, utf16BigEndian, utf16LittleEndian

        func bytes(of sentence: String) -> [UInt8] {
            switch self {
            case .plain: Array(sentence.utf8)
            case .html: Array("<p>\(sentence)</p>\n".utf8)
            case .json: Array(#"{"text":"\#(sentence)"},"#.utf8)
            case .lines: Array("\(sentence)\n".utf8)
            case .utf16BigEndian: sentence.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
            case .utf16LittleEndian: sentence.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
            }
        }
    }

    /// Whether a search finds frames in bytes that come in segments of this size.
    private func finds(_ bytes: [UInt8], segment: Int, sender: Role?) -> Bool {
        let search = FrameSearch(
            streamOffset: 0, sender: sender, isMidstream: sender == nil, mayBeCompressed: true,
            needed: sender == nil ? Evidence.neededMidstream : Evidence.needed, limit: 16 << 10)
        for start in stride(from: 0, to: bytes.count, by: segment) {
            let end = min(start + segment, bytes.count)
            if search.receive(
                bytes.span.extracting(start..<end), origin: Origin(packet: 0, time: Timestamp(nanoseconds: 0))) != nil
            {
                return true
            }
        }
        return search.finish(hasFin: true) != nil
    }

    private func expectNothing(_ bytes: [UInt8], _ chance: inout SeededGenerator, _ what: String) {
        // One size for each sample: `scripts/measure-inventions` tries all of them on gigabytes.
        let segment = [536, 1448, 4096, 9000].randomElement(using: &chance) ?? 1448
        for sender in [nil, Role.client, .server] {
            let place = sender.map { "after a gap of the \($0)" } ?? "begun before the capture"
            let isFound = finds(bytes, segment: segment, sender: sender)
            #expect(!isFound, "\(what), \(place), segments of \(segment)")
        }
    }

    @Test("text is not a session, and not frames after a gap", arguments: scripts, Form.allCases)
    func text(script: Script, form: Form) {
        var chance = SeededGenerator("ForeignBytesTests.text ")
        for _ in 0..<4 {
            var bytes: [UInt8] = []
            while bytes.count < Self.length {
                let sentence = (0..<Int.random(in: 1...6, using: &chance)).map { _ in
                    script.words.randomElement(using: &chance) ?? ""
                }
                bytes += form.bytes(of: sentence.joined(separator: Bool.random(using: &chance) ? "" : " "))
            }
            expectNothing(bytes, &chance, "\(form)")
        }
    }

    @Test("neither is hiragana in Shift JIS and EUC-JP", arguments: [[0x82, 0x9f], [0xa4, 0xa1]] as [[UInt8]])
    func doubleBytes(first: [UInt8]) {
        var chance = SeededGenerator("ForeignBytesTests.doubleBytes")
        for _ in 0..<4 {
            let bytes = (0..<Self.length / 2).flatMap { _ -> [UInt8] in
                [first[0], first[1] + UInt8.random(in: 0..<0x50, using: &chance)]
            }
            expectNothing(bytes, &chance, "pairs from \(first)")
        }
    }

    @Test(
        "nor is a table of records that look like Pings, frames or Closes",
        arguments: [0x81, 0x82, 0x88, 0x89, 0xc1] as [UInt8])
    func tables(tag: UInt8) {
        var chance = SeededGenerator("ForeignBytesTests.tables ")
        for width in 1...24 {
            for mask in [0, 0x80] as [UInt8] {
                let constant = (0..<width).map { _ in UInt8.random(in: 0...255, using: &chance) }
                let bytes = (0..<Self.length / (width + 2)).flatMap { number -> [UInt8] in
                    var row = [tag, UInt8(width) | mask] + constant
                    row[row.count - 1] = UInt8(number & 255)
                    row[2] = width > 1 ? 0 : row[2]
                    return row
                }
                expectNothing(bytes, &chance, "records of \(width + 2) bytes")
            }
        }
    }

    @Test("nor are records that begin with their own length", arguments: [true, false])
    func lengths(isCBOR: Bool) {
        var chance = SeededGenerator("ForeignBytesTests.lengths")
        let words = ForeignBytesTests.scripts[4].words + ["the", "quick", "brown", "fox", "jumps", "over", "it"]
        for _ in 0..<8 {
            var records: [[UInt8]] = []
            for _ in 0..<300 {
                // The bytes 81 78 77 are a CBOR array of one text of 119 bytes (RFC 8949 3.1).
                let length = isCBOR ? 0x77 : Int.random(in: 8...0x7c, using: &chance)
                var text: [UInt8] = []
                while text.count < length { text += Array("\(words.randomElement(using: &chance) ?? "") ".utf8) }
                records.append([0x81, UInt8(length + 1), UInt8(length)] + text.prefix(length))
            }
            expectNothing(records.flatMap(\.self), &chance, "records one after the other")
            let search = FrameSearch(
                streamOffset: 0, sender: .server, mayBeCompressed: true, needed: Evidence.needed, limit: 16 << 10)
            let isFound = records.contains { record in
                search.receive(record.span, origin: Origin(packet: 0, time: Timestamp(nanoseconds: 0))) != nil
            }
            #expect(!isFound, "a record in each segment")
        }
    }

    @Test("nor are the names of a certificate", arguments: [40, 200, 700])
    func names(count: Int) {
        var chance = SeededGenerator("ForeignBytesTests.names")
        let words = [
            "shop", "www", "api", "river", "garden", "static", "mail", "a", "northern-lights", "cdn", "bakery",
        ]
        for _ in 0..<8 {
            let names = (0..<count).map { _ in
                (0..<3).compactMap { _ in words.randomElement(using: &chance) }.joined(separator: ".") + ".example"
            }
            // RFC 5280 4.2.1.6: a DNS name has the tag 82.
            let bytes = names.flatMap { name -> [UInt8] in [0x82, UInt8(name.utf8.count)] + Array(name.utf8) }
            expectNothing(Array(bytes.dropFirst(Int.random(in: 0...20, using: &chance))), &chance, "names")
        }
    }

    /// The tags of a table, and the content of its records.
    static let recordTags: [(tags: [UInt8], isText: Bool)] = [
        ([0x82], false), ([0x82, 0x89, 0x8a], false), ([0x81, 0x82], true), ([0x81, 0x82, 0x86], true),
        ([0x82, 0x82, 0x81, 0x86], true), ([0x01, 0x02, 0x80], false), ([0xc1], false), ([0xc1, 0xc2], true),
    ]

    @Test("nor is a table of records with a tag and a length of one byte, whatever they contain", arguments: recordTags)
    func records(tags: [UInt8], isText: Bool) {
        var chance = SeededGenerator("ForeignBytesTests.records")
        let text = Array(
            "the quick brown fox jumps over the lazy dog and.many-more.example words of this kind come".utf8)
        for shortest in [2, 20] {
            for _ in 0..<6 {
                var bytes: [UInt8] = []
                while bytes.count < Self.length {
                    let length = Int.random(in: shortest...80, using: &chance)
                    bytes += [tags.randomElement(using: &chance) ?? 0, UInt8(length)]
                    bytes += (0..<length).map { isText ? text[$0] : UInt8.random(in: 0...255, using: &chance) }
                }
                bytes.removeFirst(Int.random(in: 0...80, using: &chance))
                expectNothing(bytes, &chance, "records of \(shortest) bytes and more")
            }
        }
    }

    @Test("nor are arrays of a number and a text in CBOR, the number one more than the length")
    func numberedTexts() {
        var chance = SeededGenerator("ForeignBytesTests.numberedTexts")
        let letters = Array("abcdefghijklmnopqrstuvwxyz ".utf8)
        for _ in 0..<16 {
            var bytes: [UInt8] = []
            while bytes.count < Self.length {
                let length = UInt8.random(in: 2...22, using: &chance)
                bytes += [0x82, length + 1, 0x60 | length]
                bytes += (0..<length).map { _ in letters.randomElement(using: &chance) ?? 0 }
            }
            expectNothing(Array(bytes.dropFirst(Int.random(in: 0...20, using: &chance))), &chance, "arrays")
        }
    }

    @Test(
        "nor is a table with counters of other steps and widths", arguments: [0x81, 0x82, 0x88, 0x89, 0xc1] as [UInt8],
        [1, 3, 7, 16, 251])
    func counters(tag: UInt8, step: Int) {
        var chance = SeededGenerator("ForeignBytesTests.counters")
        for width in [1, 2, 3, 6, 14] {
            for mask in [0, 0x80] as [UInt8] {
                let bytes = (0..<Self.length / (width + 2)).flatMap { number -> [UInt8] in
                    var row = [tag, UInt8(width) | mask] + Array(repeating: 0x20, count: width)
                    let count = number * step
                    row[row.count - 1] = UInt8(count & 255)
                    if width > 1 { row[row.count - 2] = UInt8(count >> 8 & 255) }
                    return row
                }
                expectNothing(bytes, &chance, "records of \(width + 2) bytes")
            }
        }
    }
}
