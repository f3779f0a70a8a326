import Foundation
import ReportFrontEnd
import Testing
import WireFormat

@testable import CaptureAnalysis
@testable import TraceOutput
@testable import WebSocketProtocol

struct HTMLFormatTests {
    private static let chat = printed(Scenes.chat, as: HTMLFormat())

    @Test func `Columns decode back to the messages and control frames`() {
        let report = UnpackedReport(Self.chat)
        // Kind, flags, session, time, packet, length + 1, extra, frames, kept + 1.
        let expected: [[Int64]] = [
            [1, 128, 1, 1_377_000, 6, 13, 12, 1, 13],
            [9 | 128, 128, 1, 1_700_000, 8, 5, 0, 1, 5],
            [10, 128, 1, 1_790_000, 9, 5, 90_001, 1, 5],
            [1 | 128, 128, 1, 1_900_000, 10, 169, 168, 3, 169],
            [8, 0, 1, 5_002_210_000, 11, 6, 0, 1, 6],
            [8 | 128, 0, 1, 5_002_400_000, 12, 3, 0, 1, 3],
        ]
        #expect(report.rows.filter { $0[0] & 63 < 16 } == expected)
        let payloads = zip(report.rows, report.payloads).filter { $0.0[0] & 63 < 16 }.map(\.1)
        #expect(payloads[0] == Array("hello, world".utf8))
        #expect(payloads[3] == Array(String(repeating: "lorem ipsum ", count: 14).utf8))
        #expect(payloads[4] == [3, 232, 98, 121, 101])
    }

    @Test func `Sessions have their ends, counts and verdict`() throws {
        let report = UnpackedReport(Self.chat)
        let session = try #require(report.objects("sessions").first)
        #expect(report.objects("sessions").count == 1)
        #expect(session["number"] as? String == "1")
        #expect(session["client"] as? String == "10.0.0.7:53412")
        #expect(session["url"] as? String == "ws://chat.example/room?id=7")
        #expect(session["mark"] as? String == "clean")
        #expect(session["frames"] as? [Int] == [3, 4])
        #expect(session["from"] as? Int == 0)
        #expect(report.lines("details").allSatisfy { $0.hasPrefix("0\t{\"event\":\"") })
        #expect(report.lines("details").count == 3)
    }

    @Test func `The verdicts, totals and last lines are plain text`() throws {
        #expect(
            Self.chat.contains(
                "<b>1</b> × closed cleanly by the client, 1000 normal closure</a>, after 5.000 s of silence"))
        let summary = printed(Scenes.chat, as: SummaryFormat()).split(separator: "\n")
        for name in ["start", "packets", "connections", "WebSocket", "findings"] {
            let line = try #require(summary.first { $0.hasPrefix(name) })
            let total = line.dropFirst(name.count).drop { $0 == " " }
            #expect(Self.chat.contains("<dt>\(name)</dt><dd>\(total)</dd>"))
        }
        let lines = try #require(
            Self.chat.split(separator: "<pre class=\"lines\">").last?.split(separator: "</pre>").first)
        #expect(lines.split(separator: "\n").count == LastLines.count)
        #expect(!printed(Scenes.trouble, as: HTMLFormat()).contains("class=\"lines\""))
    }

    @Test func `The policy names the hashes of the style, the script and what unpacks it, and there is no other`()
        throws
    {
        let policy = try #require(Self.chat.firstMatch(of: /Content-Security-Policy" content="([^"]*)"/)?.1)
        let style = try #require(Self.chat.firstMatch(of: /<style>((?s).*?)<\/style>/)?.1)
        let loader = try #require(Self.chat.firstMatch(of: /<script type="module">((?s).*?)<\/script>/)?.1)
        let script = try #require(UnpackedReport(Self.chat).blocks["script"]?.first)
        #expect(policy.contains("default-src 'none'"))
        #expect(policy.contains("style-src 'sha256-\(SHA256.base64(of: String(style).utf8.span))'"))
        let hashes = [SHA256.base64(of: script.span), SHA256.base64(of: String(loader).utf8.span)]
        #expect(policy.contains("script-src 'sha256-\(hashes[0])' 'sha256-\(hashes[1])'; "))
        #expect(Self.chat.matches(of: /<script type="module">/).count == 1)
        #expect(Self.chat.matches(of: /<script(?! type="(?:module|application\/octet-stream)")/).isEmpty)
        // FIPS 180-4, "abc".
        #expect(SHA256.base64(of: "abc".utf8.span) == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
    }

    @Test func `Nothing from the wire becomes markup`() {
        let evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"&\u{202e}"
        let calls: [Call] = [
            .capture, Call(5, 1130, Samples.connection()),
            Call(5, 1130, Samples.handshake(host: evil, target: "/\(evil)")),
            Call(6, 1377, Samples.message(.client, length: 12), evil),
            Call(7, 2000, Samples.finding(text: evil)), Call(8, 3000, Samples.end(reason: evil)), .summary,
        ]
        let page = printed(calls, as: HTMLFormat())
        let ours = HTMLFormat().page
        let rest = page.replacing(ours.loader, with: "").replacing(ours.style, with: "").replacing(ours.body, with: "")
        #expect(!rest.contains("<img") && !rest.contains("alert(1)</script>") && !rest.contains("\u{202e}"))
        #expect(rest.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(UnpackedReport(page).payloads.contains(Array(evil.utf8)))
    }

    @Test func `Upgrades say what the capture lacks`() {
        func upgrade(_ change: (inout Handshake) -> Void) -> String? {
            guard case .handshake(var handshake) = Samples.handshake(status: nil) else { return nil }
            change(&handshake)
            let calls: [Call] = [
                .capture, Call(5, 1130, Samples.connection()), Call(5, 1130, .handshake(handshake)),
                Call(8, 3000, Samples.end()), .summary,
            ]
            let report = UnpackedReport(printed(calls, as: HTMLFormat()))
            return report.payloads.first?.map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(upgrade { _ in } == "ws://chat.example/room?id=7 never answered")
        #expect(upgrade { $0.isAnswerMissing = true } == "ws://chat.example/room?id=7 answer not captured")
        #expect(
            upgrade { ($0.isAnswerMissing, $0.isAnswerEncrypted) = (true, true) }
                == "ws://chat.example/room?id=7 answer not decrypted")
        #expect(upgrade { ($0.url, $0.status) = ("", 101) } == "request not captured, answered by 101")
    }

    @Test func `Sessions that ended alike are listed by server and path, with their silences`() {
        func session(_ number: UInt64, _ target: String, silence: Int64) -> [Call] {
            [
                Call(5, 1130, Samples.connection(), connection: number),
                Call(5, 1130, Samples.handshake(target: target), connection: number),
                Call(8, 3000, Samples.end(silence: silence), connection: number),
            ]
        }
        let calls = (UInt64(1)...7).flatMap { session($0, "/\($0 < 3 ? 1 : $0)?q", silence: Int64($0) * 1_000_000_000) }
        let page = printed([.capture] + calls + [.summary], as: HTMLFormat())
        #expect(
            page.contains(
                "1000 normal closure</a>, after 1.000 s to 7.000 s of silence\n<ul><li>2 × 10.0.0.9:8080 /1</li>"))
        #expect(page.contains("<li>1 × 10.0.0.9:8080 /6</li><li>1 × elsewhere</li></ul>"))
    }

    @Test func `Payloads beyond the budget are left out or cut, and counted`() {
        let message = String(repeating: "x", count: 100)
        let calls =
            [Call.capture, Call(5, 1130, Samples.connection())]
            + (0..<10).map { Call(UInt64(6 + $0), 2000 + Int64($0), Samples.message(.client, length: 100), message) }
            + [Call(30, 9000, Samples.end()), .summary]
        let page = printed(calls, as: HTMLFormat(options: .init(payloadBudget: 250)))
        let kept = UnpackedReport(page).rows.filter { $0[0] == 1 }.map { $0[8] }
        #expect(kept == [101, 101, 51, 0, 0, 0, 0, 0, 0, 0])
        #expect(page.contains("<p>7 payloads left out (--payload-budget)</p>"))
        #expect(page.contains("<p>1 payload cut (--payload-budget)</p>"))
        let none = UnpackedReport(printed(calls, as: HTMLFormat(options: .init(payload: .none))))
        #expect(none.rows.filter { $0[0] == 1 }.allSatisfy { $0[8] == 0 })
    }

    @Test func `Details beyond their room are left out and counted, those of ends last`() {
        let long = [HTTPField(name: "X-Long", value: String(repeating: "x", count: 20_000))]
        var calls = [Call.capture]
        for number in 1...20 as ClosedRange<UInt64> {
            let fields = number % 2 == 0 ? long : []
            calls += [
                Call(5, 1130, Samples.connection(), connection: number),
                Call(6, 1140, Samples.handshake(fields: fields), connection: number),
                Call(30, 9000, Samples.end(), connection: number),
            ]
        }
        var format = HTMLFormat()
        // A 256th of it is less than the long upgrades, but more than anything else.
        format.detailRoom = HTMLFormat.roomForEnds + 256 * 10_000
        let page = printed(calls + [.summary], as: format)
        let details = UnpackedReport(page).lines("details")
        #expect(details.count { $0.contains(#""event":"handshake""#) } == 10)
        #expect(details.count { $0.contains(#""event":"connection""#) } == 20)
        #expect(details.count { $0.contains(#""event":"end""#) } == 20)
        #expect(page.contains("<p>10 details of sessions left out</p>"))
        var full = HTMLFormat()
        full.detailRoom = 0
        let none = printed(calls + [.summary], as: full)
        #expect(UnpackedReport(none).lines("details").isEmpty)
        #expect(none.contains("<p>60 details of sessions left out</p>"))
    }

    @Test func `Bytes that waited have the time and packet of their own`() {
        let origin = Origin(packet: 6, time: Samples.time(1500))
        let calls: [Call] = [
            .capture, Call(5, 1130, Samples.connection()),
            Call(9, 4000, Samples.message(.server, length: 2, origin: origin), "hi"), Call(10, 5000, Samples.end()),
            .summary,
        ]
        let row = UnpackedReport(printed(calls, as: HTMLFormat())).rows.first { $0[0] == 129 }
        #expect(row.map { [$0[3], $0[4]] } == [1_500_000, 6])
    }

    @Test func `More rows than a block holds continue in the next`() {
        let count = RowColumns.maximumRows + 10
        let calls =
            [Call.capture, Call(5, 1130, Samples.connection())]
            + (0..<count).map {
                Call(UInt64(6 + $0), 2000 + Int64($0), Samples.message(.client, length: 5), "\($0 % 90000 + 10000)")
            }
            + [Call(99_999_999, 9_000_000, Samples.end()), .summary]
        let report = UnpackedReport(printed(calls, as: HTMLFormat()))
        #expect(report.blocks["rows"]?.count == 2)
        let rows = report.rows.enumerated().filter { $0.element[0] == 1 }
        #expect(rows.count == count)
        #expect(rows.last?.element[3] == (2000 + Int64(count) - 1) * 1000)
        #expect(report.payloads[rows[count - 1].offset] == Array("\((count - 1) % 90000 + 10000)".utf8))
    }

    @Test func `The front end stays small`() {
        #expect(printed([.capture, .summary], as: HTMLFormat()).utf8.count < 40_000)
    }
}
