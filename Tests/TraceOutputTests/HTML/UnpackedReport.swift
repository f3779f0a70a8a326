internal import CZlib
import Foundation

/// The data of a report, unpacked like in the page, but step by step.
struct UnpackedReport {
    /// The text of each block, unpacked, by kind.
    var blocks: [String: [[UInt8]]] = [:]
    /// The first row of each block of payloads.
    var firstRows: [Int] = []
    /// The rows: kind, flags, session, time, packet, length, extra, frames, kept.
    var rows: [[Int64]] = []

    init(_ page: String) {
        let pattern =
            /<script type="application\/octet-stream" data-block="(\w+)(?:" data-first="(\d+))?">([^<]*)<\/script>/
        for match in page.matches(of: pattern) {
            let packed = [UInt8](Data(base64Encoded: String(match.3)) ?? Data())
            blocks[String(match.1), default: []].append(Self.inflated(packed))
            if let first = match.2.flatMap({ Int($0) }) { firstRows.append(first) }
        }
        for block in blocks["rows"] ?? [] { readRows(block) }
    }

    /// The lines of all blocks of a kind.
    func lines(_ kind: String) -> [String] {
        (blocks[kind] ?? []).flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init) }
    }

    /// The objects of all lines of a kind.
    func objects(_ kind: String) -> [[String: Any]] {
        lines(kind).compactMap { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any] }
    }

    /// The kept bytes of each row's payload; nil if there are none.
    var payloads: [[UInt8]?] {
        var result: [[UInt8]?] = []
        for (place, block) in (blocks["payloads"] ?? []).enumerated() {
            let end = place + 1 < firstRows.count ? firstRows[place + 1] : rows.count
            var offset = 0
            for row in rows[firstRows[place]..<end] {
                let count = Int(row[8]) - 1
                result.append(count < 0 ? nil : Array(block[offset..<offset + count]))
                offset += max(count, 0)
            }
        }
        return result
    }

    private mutating func readRows(_ block: [UInt8]) {
        let count = (0..<4).reduce(0) { $0 | Int(block[$1]) << (8 * $1) }
        var columns: [[Int64]] = []
        var place = 4
        for column in 0..<9 {
            let width = Int(block[place])
            place += 1
            var values = [Int64](repeating: 0, count: count)
            for plane in 0..<width {
                for row in 0..<count { values[row] |= Int64(block[place + plane * count + row]) << (8 * plane) }
            }
            place += width * count
            if column == 3 || column == 4 {
                var sum: Int64 = 0
                for row in 0..<count {
                    sum += values[row] & 1 == 1 ? -(values[row] + 1) / 2 : values[row] / 2
                    values[row] = sum
                }
            }
            columns.append(values)
        }
        rows += (0..<count).map { row in columns.map { $0[row] } }
    }

    private static func inflated(_ packed: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 4 << 20)
        var count = UInt(result.count)
        guard uncompress(&result, &count, packed, UInt(packed.count)) == Z_OK else { return [] }
        return Array(result.prefix(Int(count)))
    }
}
