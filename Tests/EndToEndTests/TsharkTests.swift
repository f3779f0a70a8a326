import Foundation
import TestSupport
import Testing

/// What another program reports about the packets that `cut` and `redact` write.
@Suite("tshark", .enabled(if: Command.exists("tshark"), "tshark is not installed (Debian: apt install tshark)"))
struct TsharkTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    /// Captures in which tshark loses its position at overlapping segments, and reads payload as headers from there on.
    ///
    /// Its complaints depend on every byte there, unless it puts segments in order first.
    private static let confusing: Set<String> = ["craft-partial-retrans-a"]

    /// The complaints about malformed packets and other errors, and the number of packets for each.
    private func complaints(_ path: String, _ source: CutSource) throws -> [String: Int] {
        let order = Self.confusing.contains(source.description) ? ["-o", "tcp.reassemble_out_of_order:TRUE"] : []
        let (status, text) = try Command.run(["tshark", "-n", "-r", path, "-q", "-z", "expert"] + order)
        #expect(status == 0 || status == 2, "\(text.prefix(500))")
        var counts: [String: Int] = [:]
        var isError = false
        for line in text.split(separator: "\n") {
            // Each severity has a title such as "Errors (3)", and a table: frequency, group, protocol, summary.
            if let title = line.wholeMatch(of: /(\w+) \(\d+\)/) {
                isError = title.1 == "Errors"
            } else if let row = line.wholeMatch(of: /\s*(\d+)\s+(\S+)\s+(.*)/), isError || row.2 == "Malformed" {
                counts["\(row.2) \(row.3)", default: 0] += Int(row.1) ?? 0
            }
        }
        return counts
    }

    @Test(
        "finds no fault with what cut and redact write that the capture did not have", arguments: CutSource.all)
    func faults(source: CutSource) throws {
        for command in ["cut", "redact"] {
            let path = folder.path("\(command).pcapng")
            let run = try Wstap.run([command, source.path, "-q", "-o", path])
            guard run.status <= 1 else { continue }
            let found = try complaints(path, source)
            guard !found.isEmpty else { continue }
            let expected = try complaints(source.path, source)
            let more = found.filter { $0.value > expected[$0.key] ?? 0 }
            #expect(more == [:], "\(command): the capture has \(expected)")
        }
    }

    @Test("finds faults where there are some")
    func isSensitive() throws {
        // A DNS response that ends inside its header.
        let record: [UInt8] =
            [0, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0, 0, 36, 0, 0, 0]
            + [0x45, 0, 0, 36, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
            + [0, 53, 0, 99, 0, 16, 0, 0] + [0, 1, 0x81, 0x80, 0, 9, 0, 9]
        let header: [UInt8] = [
            0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0,
        ]
        let path = try folder.write("broken.pcap", header + record)
        let source = CutSource(description: "broken", path: path)
        #expect(try complaints(path, source).keys.contains { $0.hasPrefix("Malformed") })
    }
}
