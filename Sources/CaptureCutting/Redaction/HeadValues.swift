import HTTPUpgrade
import WireFormat

/// What takes the place of the parts of heads of HTTP: the parts themselves as far as they are known to be harmless.
struct HeadValues: Sendable {
    let pseudonyms: Pseudonyms
    /// Whether names of hosts and addresses are replaced.
    let replacesHosts: Bool

    /// Words that are known; letters of others, and long numbers, are replaced.
    func words(_ text: ArraySlice<UInt8>, digits: Int = 4) -> [UInt8] {
        var result: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            let rest = text[index...]
            if byte.isLetter {
                let word = rest.prefix(while: \.isLetter)
                result += HarmlessWords.words.contains(Self.lowercased(word)) ? Array(word) : pseudonyms.shaped(word)
                index = word.endIndex
            } else if byte.isDigit {
                let number = rest.prefix(while: \.isDigit)
                result += number.count <= digits ? Array(number) : pseudonyms.shaped(number)
                index = number.endIndex
            } else {
                result.append(byte < 0x80 ? byte : 0xb7)
                index += 1
            }
        }
        return result
    }

    /// The line that begins a head; nil if it does not.
    func startLine(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        if line.starts(with: "HTTP/1.".utf8), line.count >= 12 {
            let start = line.startIndex
            guard line[start + 7].isDigit, line[start + 8] == 0x20,
                line[(start + 9)..<(start + 12)].allSatisfy(\.isDigit)
            else { return nil }
            return Array(line.prefix(12)) + words(line.dropFirst(12))
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

    /// A line of the PROXY protocol (2.1): addresses and ports.
    private func proxyLine(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = line.dropFirst(6).split(separator: 0x20, omittingEmptySubsequences: false)
        guard let family = parts.first.map({ String(decoding: $0, as: UTF8.self) }) else { return nil }
        guard ["TCP4", "TCP6"].contains(family), parts.count == 5, line.count <= 107,
            parts[1...].allSatisfy({ $0.allSatisfy { $0.hexadecimalValue != nil || $0 == 0x2e || $0 == 0x3a } })
        else {
            return family == "UNKNOWN" ? "PROXY UNKNOWN".utf8 + pseudonyms.shaped(line.dropFirst(13)) : nil
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

    /// The name of a field.
    func fieldName(_ name: ArraySlice<UInt8>) -> [UInt8] {
        HarmlessWords.fields.contains(Self.lowercased(name)) ? Array(name) : pseudonyms.shaped(name)
    }

    /// The value of a field, without white space around it.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - name: The field's name in lower case.
    /// - Returns: What takes its place.
    func fieldValue(_ value: ArraySlice<UInt8>, of name: String) -> [UInt8] {
        if HarmlessWords.plainFields.contains(name) { return words(value) }
        switch name {
        case "host": return host(value)
        case "origin", "sec-websocket-origin": return origin(value)
        case "date": return date(value)
        case "content-length":
            return value.count <= 19 && value.allSatisfy(\.isDigit) ? Array(value) : pseudonyms.shaped(value)
        case "sec-websocket-protocol": return list(value)
        case "sec-websocket-key", "sec-websocket-accept":
            return isRandom(value, count: name == "sec-websocket-key" ? 24 : 28)
                ? Array(value) : pseudonyms.shaped(value)
        default: return redacted(value)
        }
    }

    /// A value of which only control characters stay, since they break rules.
    func redacted(_ value: ArraySlice<UInt8>) -> [UInt8] {
        zip(value, pseudonyms.text(for: value)).map { $0 < 0x20 || $0 == 0x7f ? $0 : $0 < 0x80 ? $1 : 0xb7 }
    }

    /// A host, with or without a port.
    func host(_ host: ArraySlice<UInt8>) -> [UInt8] {
        let isHost =
            host.count <= 255
            && host.allSatisfy { $0.isLetter || $0.isDigit || [0x2d, 0x2e, 0x3a, 0x5b, 0x5d].contains($0) }
        guard isHost, !replacesHosts else {
            let port = host.lastIndex(of: 0x3a).map { host[$0...] } ?? []
            let isPort = port.count <= 6 && port.dropFirst().allSatisfy(\.isDigit)
            return pseudonyms.shaped(host.dropLast(isPort ? port.count : 0)) + (isPort ? Array(port) : [])
        }
        return Array(host)
    }

    private func origin(_ value: ArraySlice<UInt8>) -> [UInt8] {
        if value.elementsEqual("null".utf8) { return Array(value) }
        for scheme in ["http://", "https://", "ws://", "wss://"] where value.starts(with: scheme.utf8) {
            return Array(scheme.utf8) + host(value.dropFirst(scheme.utf8.count))
        }
        return redacted(value)
    }

    /// A date in the form of RFC 9110 5.6.7.
    private func date(_ value: ArraySlice<UInt8>) -> [UInt8] {
        let form = Array("Aaa, 00 Aaa 0000 00:00:00 GMT".utf8)
        let isDate =
            value.count == form.count
            && zip(value, form).allSatisfy { byte, expected in
                switch expected {
                case 0x30: byte.isDigit
                case 0x41, 0x61: byte.isLetter
                default: byte == expected
                }
            }
        return isDate ? Array(value) : redacted(value)
    }

    /// Whether it is base64 of that length and holds no word.
    private func isRandom(_ value: ArraySlice<UInt8>, count: Int) -> Bool {
        guard value.count == count, value.last == 0x3d else { return false }
        var bytes: [UInt8] = []
        var (bits, width) = (0, 0)
        for byte in value where byte != 0x3d {
            let digit: Int
            switch byte {
            case 0x41...0x5a: digit = Int(byte) - 0x41
            case 0x61...0x7a: digit = Int(byte) - 0x61 + 26
            case 0x30...0x39: digit = Int(byte) - 0x30 + 52
            case 0x2b: digit = 62
            case 0x2f: digit = 63
            default: return false
            }
            (bits, width) = (bits << 6 & 0xffff | digit, width + 6)
            if width >= 8 {
                width -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> width))
            }
        }
        return bytes.split { !$0.isLetter }.allSatisfy { $0.count < 5 }
    }

    /// A list of names, each of which is replaced unless it is known, alike in requests and answers.
    private func list(_ list: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for (index, element) in list.split(separator: 0x2c, omittingEmptySubsequences: false).enumerated() {
            if index > 0 { result.append(0x2c) }
            let spaces = element.prefix(while: \.isWhiteSpace)
            let end = element.reversed().prefix(while: \.isWhiteSpace).count
            let word = element.dropFirst(spaces.count).dropLast(min(end, element.count - spaces.count))
            result += spaces
            result += HarmlessWords.subprotocols.contains(Self.lowercased(word)) ? Array(word) : pseudonyms.shaped(word)
            result += element.dropFirst(spaces.count + word.count)
        }
        return result
    }

    static func lowercased(_ text: ArraySlice<UInt8>) -> String {
        guard text.count <= 64 else { return "" }
        return String(decoding: text, as: UTF8.self).lowercased()
    }
}
