import Testing

@testable import WebServer

struct TraceLinesTests {
    private static let trace =
        #"{"event":"capture","time":"2026-01-01T00:00:00.000000000Z"}"# + "\n"
        + #"{"event":"connection","connection":1}"# + "\n"
        + #"{"event":"frame","connection":1,"from":"client","opcode":"text","opcode_value":1}"# + "\n"
        + #"{"event":"message","connection":1,"opcode":"text","payload":"ü"}"# + "\n"
        + #"{"event":"frame","connection":1,"from":"server","opcode":"ping","opcode_value":9}"# + "\n"

    @Test func `Wherever a trace is cut, its lines are whole`() {
        let bytes = Array(Self.trace.utf8)
        for cut in 0...bytes.count {
            var (lines, kept, header, frames) = (TraceLines(), [UInt8](), [UInt8](), UInt64(0))
            for part in [bytes[..<cut], bytes[cut...]] {
                let chunk = lines.receive(part)
                #expect(chunk.received == part.count && chunk.unusable == 0)
                kept += chunk.bytes
                header += chunk.header
                frames += chunk.frames
                #expect(chunk.lines == chunk.bytes.count { $0 == UInt8(ascii: "\n") })
            }
            let texts = String(decoding: kept, as: UTF8.self).split(separator: "\n")
            #expect(
                texts.count == 3 && texts[1].hasSuffix(#""payload":"ü"}"#) && texts[2].contains("ping"), "cut at \(cut)"
            )
            #expect(header.starts(with: #"{"event":"capture""#.utf8) && frames == 2)
        }
    }

    @Test func `A payload that looks like a key changes nothing`() {
        var lines = TraceLines()
        let line =
            #"{"event":"frame","connection":1,"opcode":"close","close":{"reason":"x\",\"opcode\":\"text\""}}"# + "\n"
        #expect(lines.receive(Array(line.utf8)[...]).lines == 1)
    }

    @Test(arguments: [
        "no event\n", "{\"event\":\"message\"\n", "\n", "[1]\n",
    ]) func `What is no event is counted`(line: String) {
        var lines = TraceLines()
        let chunk = lines.receive(Array(line.utf8)[...])
        #expect(chunk.lines == 0 && chunk.bytes.isEmpty && chunk.unusable == 1)
    }

    @Test(arguments: [1, 1000, 1 << 16]) func `A line that is too long is left out, and what follows is not`(step: Int)
    {
        var lines = TraceLines()
        let long = Array(#"{"event":"message","payload":""#.utf8) + [UInt8](repeating: 0x78, count: TraceLines.longest)
        let bytes = long + Array("\"}\n{\"event\":\"end\"}\n".utf8)
        var (kept, unusable, start) = ([UInt8](), UInt64(0), step == 1 ? bytes.count - 2000 : 0)
        if start > 0 { unusable += lines.receive(bytes[..<start]).unusable }
        while start < bytes.count {
            let chunk = lines.receive(bytes[start..<min(start + step, bytes.count)])
            kept += chunk.bytes
            unusable += chunk.unusable
            start += step
        }
        #expect(String(decoding: kept, as: UTF8.self) == "{\"event\":\"end\"}\n")
        #expect(unusable == 1)
    }
}
