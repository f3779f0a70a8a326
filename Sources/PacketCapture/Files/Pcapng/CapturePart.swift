package import WireFormat

/// What a pcapng file says, in a comment of its section, about the capture that it is part of.
///
/// `wstap part: first 1764368462000000000, last …, packets …, numbers kept, secrets none`, with times in nanoseconds.
/// All numbers have the maximum number of digits, so that they can be overwritten once they are known.
package struct CapturePart: Hashable, Sendable {
    /// The time of the whole capture's first packet.
    package var first: Timestamp
    /// The time of its last packet.
    package var last: Timestamp
    /// How many packets it has.
    package var packetCount: UInt64
    /// Whether each packet has its number in the whole capture (draft-ietf-opsawg-pcapng 4.3, epb_packetid).
    package var keepsNumbers: Bool
    /// Whether the file may have secrets; if not, nobody has to search it for them.
    package var mayHaveSecrets: Bool

    /// Creates a description.
    package init(
        first: Timestamp, last: Timestamp, packetCount: UInt64, keepsNumbers: Bool, mayHaveSecrets: Bool = true
    ) {
        self.first = first
        self.last = last
        self.packetCount = packetCount
        self.keepsNumbers = keepsNumbers
        self.mayHaveSecrets = mayHaveSecrets
    }

    /// The comment; always the same length.
    package var text: String {
        "wstap part: first \(Self.digits(first.nanoseconds)), last \(Self.digits(last.nanoseconds)), packets "
            + "\(Self.digits(Int64(clamping: packetCount))), numbers \(keepsNumbers ? "kept" : "lost"), "
            + "secrets \(mayHaveSecrets ? "some" : "none")"
    }

    /// Reads a comment, which may lack the secrets; nil if it is a different one.
    init?(text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map {
            String($0.last == "," ? $0.dropLast() : $0)
        }
        guard words.count == 10 || (words.count == 12 && words[10] == "secrets"),
            words[0] == "wstap", words[1] == "part:", words[2] == "first", words[4] == "last",
            words[6] == "packets", words[8] == "numbers", let first = Int64(words[3]), let last = Int64(words[5]),
            let count = UInt64(words[7]), count < 1 << 62, words[9] == "kept" || words[9] == "lost"
        else { return nil }
        self.init(
            first: Timestamp(nanoseconds: first), last: Timestamp(nanoseconds: last), packetCount: count,
            keepsNumbers: words[9] == "kept", mayHaveSecrets: words.count < 12 || words[11] != "none")
    }

    /// What several files say together: parts of one capture, or of captures that follow each other.
    ///
    /// - Parameter parts: What each file says.
    /// - Returns: The whole, and for each file what to add to the numbers of its packets; nil if a file says nothing,
    ///   or if the files are parts of captures that overlap or whose numbers are lost.
    static func joined(_ parts: [CapturePart?]) -> (whole: CapturePart, offsets: [UInt64])? {
        guard let start = parts.first, var whole = start else { return nil }
        if parts.allSatisfy({ $0 == whole }) { return (whole, parts.map { _ in 0 }) }
        var captures: [CapturePart] = []
        var seen: Set<CapturePart> = []
        for part in parts {
            guard let part, part.keepsNumbers else { return nil }
            if seen.insert(part).inserted, part.packetCount > 0 { captures.append(part) }
        }
        captures.sort { $0.first < $1.first }
        var offsets: [CapturePart: UInt64] = [:]
        var latest: CapturePart?
        var count: UInt64 = 0
        for capture in captures {
            // Packets of overlapping captures would have to be merged by time and renumbered.
            guard capture.first <= capture.last, latest.map({ $0.last < capture.first }) ?? true else { return nil }
            if latest == nil { whole = capture }
            offsets[capture] = count
            count &+= capture.packetCount
            guard count < 1 << 62 else { return nil }
            latest = capture
        }
        if let latest { whole.last = latest.last }
        whole.packetCount = count
        return (whole, parts.map { part in part.flatMap { offsets[$0] } ?? 0 })
    }

    /// Nineteen digits, or a sign and eighteen.
    private static func digits(_ value: Int64) -> String {
        let text = String(max(value, -999_999_999_999_999_999).magnitude)
        let zeros = String(repeating: "0", count: 19 - text.count)
        return value < 0 ? "-" + (zeros + text).dropFirst() : zeros + text
    }
}
