import HTTPUpgrade
import WireFormat

/// Replaces the parts of HTTP heads, except those known to be harmless.
struct HeadValues: Sendable {
    let pseudonyms: Pseudonyms
    /// Whether names of hosts and addresses are replaced.
    let replacesHosts: Bool

    /// Keeps known words; replaces the letters of others, and long numbers.
    func words(_ text: ArraySlice<UInt8>, digits: Int = 4) -> [UInt8] {
        var result: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            let rest = text[index...]
            if replacesHosts, let address = Self.addressLike(rest) {
                result += pseudonyms.addressText(address)
                index = address.endIndex
            } else if byte.isLetter {
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

    /// What may be an IP address at the beginning of a text: four numbers of up to three digits separated by dots or
    /// hyphens, or groups of hexadecimal digits with two colons; nil if there is none.
    ///
    /// A version such as 131.0.0.0 cannot be told from an address.
    private static func addressLike(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let first = text.first, first == 0x3a || first.hexadecimalValue != nil else { return nil }
        // Longer than any address: without a bound, a line of colons would take quadratic time.
        let beginning = text.prefix(64)
        func isGroup(_ byte: UInt8) -> Bool { byte == 0x3a || byte == 0x2e || byte.hexadecimalValue != nil }
        let groups = beginning.prefix(while: isGroup)
        if groups.count(where: { $0 == 0x3a }) >= 2, groups.contains(where: { $0.hexadecimalValue != nil }) {
            return text.prefix(while: isGroup)
        }
        for separator in [0x2e, 0x2d] as [UInt8] {
            func isNumber(_ byte: UInt8) -> Bool { byte == separator || byte.isDigit }
            let numbers = beginning.prefix(while: isNumber)
            if numbers.split(separator: separator).count(where: { $0.count <= 3 }) >= 4 {
                return text.prefix(while: isNumber)
            }
        }
        return nil
    }

    /// Whether a text has the form of an IP address: groups of at most three or four digits.
    static func isAddress(_ text: ArraySlice<UInt8>, isIPv6: Bool) -> Bool {
        guard text.count <= 45, !text.isEmpty else { return false }
        let groups = text.split(separator: isIPv6 ? 0x3a : 0x2e, omittingEmptySubsequences: false)
        let isDotted: (ArraySlice<UInt8>) -> Bool = { $0.count <= 3 && $0.allSatisfy(\.isDigit) }
        if !isIPv6 { return groups.count == 4 && groups.allSatisfy(isDotted) }
        return (3...9).contains(groups.count)
            && groups.allSatisfy { group in
                group.count <= 4 && group.allSatisfy { $0.hexadecimalValue != nil }
                    || group.split(separator: 0x2e).allSatisfy(isDotted)
            }
    }

    /// The name of a field.
    func fieldName(_ name: ArraySlice<UInt8>) -> [UInt8] {
        HarmlessWords.fields.contains(Self.lowercased(name)) ? Array(name) : pseudonyms.shaped(name)
    }

    /// Redacts the value of a field, without white space around it.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - name: The field's name in lower case.
    /// - Returns: Its replacement.
    func fieldValue(_ value: ArraySlice<UInt8>, of name: String) -> [UInt8] {
        if HarmlessWords.plainFields.contains(name) { return words(value) }
        switch name {
        case "host": return host(value)
        case "origin", "sec-websocket-origin": return origin(value)
        case "date": return date(value)
        case "content-length":
            return value.count <= 19 && value.allSatisfy(\.isDigit) ? Array(value) : pseudonyms.shaped(value)
        case "sec-websocket-protocol": return list(value)
        case "sec-websocket-key", "sec-websocket-accept": return random(value)
        default: return redacted(value)
        }
    }

    /// Replaces a value except for control characters, which break rules.
    func redacted(_ value: ArraySlice<UInt8>) -> [UInt8] {
        zip(value, pseudonyms.text(for: value)).map { $0 < 0x20 || $0 == 0x7f ? $0 : $0 < 0x80 ? $1 : 0xb7 }
    }

    /// Redacts a host, with or without a port.
    func host(_ host: ArraySlice<UInt8>) -> [UInt8] {
        guard Self.isHost(host), !replacesHosts else {
            let port = host.lastIndex(of: 0x3a).map { host[$0...] } ?? []
            let isPort = port.count <= 6 && port.dropFirst().allSatisfy(\.isDigit)
            return pseudonyms.shaped(host.dropLast(isPort ? port.count : 0)) + (isPort ? Array(port) : [])
        }
        return Array(host)
    }

    /// Whether a text is a name or an address, with the number of a port if there is one.
    private static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
        guard host.count <= 255 else { return false }
        var name = host
        var port: ArraySlice<UInt8> = []
        if host.first == 0x5b, let end = host.firstIndex(of: 0x5d) {
            (name, port) = (host[(host.startIndex + 1)..<end], host[(end + 1)...])
            guard isAddress(name, isIPv6: true), port.first == 0x3a || port.isEmpty else { return false }
        } else if let colon = host.firstIndex(of: 0x3a) {
            (name, port) = (host[..<colon], host[colon...])
        }
        return port.count <= 6 && port.dropFirst().allSatisfy(\.isDigit)
            && (host.first == 0x5b || name.allSatisfy { $0.isLetter || $0.isDigit || $0 == 0x2d || $0 == 0x2e })
    }

    private func origin(_ value: ArraySlice<UInt8>) -> [UInt8] {
        if value.elementsEqual("null".utf8) { return Array(value) }
        for scheme in ["http://", "https://", "ws://", "wss://"] where value.starts(with: scheme.utf8) {
            return Array(scheme.utf8) + host(value.dropFirst(scheme.utf8.count))
        }
        return redacted(value)
    }

    /// Redacts a date in the form of RFC 9110 5.6.7.
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

    /// A different value of the same form: since a peer chooses keys, a key may carry a message, as it is or decoded.
    private func random(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var result = pseudonyms.shaped(value)
        // RFC 4648 3.5: the low bits of the last digit of a key belong to no byte, and are zero.
        if let last = value.lastIndex(where: { $0 != 0x3d }), "AQgw".utf8.contains(value[last]) {
            result[last - value.startIndex] = 0x51
        }
        return result
    }

    /// Redacts a list of names: unknown ones are replaced, the same way in requests and responses.
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
