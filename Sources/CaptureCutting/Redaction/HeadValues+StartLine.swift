import HTTPUpgrade
import WireFormat

/// The first line of a head: a request's, a response's, or one of the PROXY protocol.
extension HeadValues {
    /// Redacts the first line of a head; nil if it is not one.
    func startLine(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        if line.starts(with: "HTTP/1.".utf8), line.count >= 12 {
            let start = line.startIndex
            guard line[start + 7].isDigit, line[start + 8] == 0x20,
                line[(start + 9)..<(start + 12)].allSatisfy(\.isDigit)
            else { return nil }
            return Array(line.prefix(12)) + words(line.dropFirst(12), digits: 0)
        }
        if line.starts(with: "PROXY ".utf8) { return proxyLine(line) }
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].starts(with: "HTTP/".utf8), parts[2].count == 8,
            parts[2].dropFirst(5).allSatisfy({ $0.isDigit || $0 == 0x2e }),
            !parts[0].isEmpty, parts[0].count <= 16, parts[0].allSatisfy(\.isTokenCharacter)
        else { return nil }
        let method = String(decoding: parts[0], as: UTF8.self)
        var result = HarmlessWords.methods.contains(method) ? Array(parts[0]) : pseudonyms.shaped(parts[0])
        result.append(0x20)
        result += method == "CONNECT" ? host(parts[1]) : target(parts[1])
        result.append(0x20)
        return result + parts[2]
    }

    /// Redacts the first line of a head whose end is missing from the capture; nil if it is not one.
    func startOfLine(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.starts(with: "GET ".utf8) else { return startLine(line) }
        let parts = line.dropFirst(4).split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: false)
        guard let target = parts.first else { return nil }
        let start = "GET ".utf8 + self.target(target)
        guard let version = parts.dropFirst().first, "HTTP/1.1".utf8.starts(with: version) else { return start }
        return start + [0x20] + version
    }

    /// Redacts a line of the PROXY protocol (2.1): addresses and ports.
    private func proxyLine(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = line.dropFirst(6).split(separator: 0x20, omittingEmptySubsequences: false)
        guard let family = parts.first.map({ String(decoding: $0, as: UTF8.self) }) else { return nil }
        guard ["TCP4", "TCP6"].contains(family), parts.count == 5, line.count <= 107,
            parts[1...2].allSatisfy({ Self.isAddress($0, isIPv6: family == "TCP6") }),
            parts[3...].allSatisfy({ $0.count <= 5 && $0.allSatisfy(\.isDigit) })
        else {
            return ["TCP4", "TCP6", "UNKNOWN"].contains(family)
                ? "PROXY \(family)".utf8 + pseudonyms.shaped(line.dropFirst(6 + family.utf8.count)) : nil
        }
        var result = Array("PROXY \(family)".utf8)
        for (index, part) in parts[1...].enumerated() {
            result.append(0x20)
            result += replacesHosts && index < 2 ? pseudonyms.addressText(part) : Array(part)
        }
        return result
    }

    /// A request target.
    func target(_ target: ArraySlice<UInt8>) -> [UInt8] {
        let question = target.firstIndex(of: 0x3f) ?? target.endIndex
        var result: [UInt8] = []
        let segments = target[..<question].split(separator: 0x2f, omittingEmptySubsequences: false)
        let schemes = ["http:", "https:", "ws:", "wss:"]
        let isAbsolute =
            segments.count >= 3 && segments[1].isEmpty && schemes.contains(Self.lowercased(segments[0]))
        for (index, segment) in segments.enumerated() {
            if index > 0 { result.append(0x2f) }
            if isAbsolute, index < 3 {
                result += index == 2 ? host(segment) : Array(segment)
            } else {
                result +=
                    HarmlessWords.segments.contains(Self.lowercased(segment))
                    ? Array(segment) : pseudonyms.text(for: segment)
            }
        }
        guard question < target.endIndex else { return result }
        result.append(0x3f)
        for (index, part) in target[(question + 1)...].split(separator: 0x26, omittingEmptySubsequences: false)
            .enumerated()
        {
            if index > 0 { result.append(0x26) }
            guard let sign = part.firstIndex(of: 0x3d) else {
                result += pseudonyms.text(for: part)
                continue
            }
            let (name, value) = (part[..<sign], part[(sign + 1)...])
            result += pseudonyms.text(for: name)
            result.append(0x3d)
            result += pseudonyms.text(for: value)
        }
        return result
    }
}
