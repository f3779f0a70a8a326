import PacketDecoding
import WireFormat

/// Replaces names, passwords and addresses in what precedes HTTP for a proxy, each message of which comes whole: SOCKS
/// (RFC 1928, RFC 1929), and the binary form of the PROXY protocol (2.2).
struct SOCKSRedaction {
    let values: HeadValues
    /// Replaces addresses; nil if they stay.
    var addresses: AddressPseudonyms?

    /// The beginning of the PROXY protocol's binary form.
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

    /// The message at the beginning of the bytes, redacted; nil if there is none.
    mutating func message(in span: Span<UInt8>) -> [UInt8]? {
        guard span.count >= 2 else { return nil }
        let bytes = span.extracting(first: 1024)
        switch bytes[0] {
        case 5:
            if bytes.count >= 7, bytes[1] <= 8, bytes[2] == 0, [1, 3, 4].contains(bytes[3]) { return request(bytes) }
            // An answer names one method, or 255; an offer has as many as it says.
            let count = bytes.count == 2 ? 0 : Int(bytes[1])
            guard bytes.count >= 2 + count, (0..<count).allSatisfy({ bytes[2 + $0] <= 9 || bytes[2 + $0] >= 0x80 })
            else { return nil }
            return (0..<(2 + count)).map { bytes[$0] }
        case 1:
            if bytes.count == 2 { return [1, bytes[1]] }
            let name = Int(bytes[1])
            guard bytes.count > 2 + name else { return nil }
            let password = Int(bytes[2 + name])
            guard bytes.count >= 3 + name + password else { return nil }
            return [1, bytes[1]] + Filler.text(name) + [bytes[2 + name]] + Filler.text(password)
        case 4 where bytes.count >= 9 && bytes[1] <= 2: return request4(bytes)
        // The address in a granting reply says nothing.
        case 0 where bytes.count == 8 && 90...93 ~= bytes[1]: return [0, bytes[1], 0, 0, 0, 0, 0, 0]
        case 13: return proxyHeader(span)
        default: return nil
        }
    }

    private mutating func request(_ bytes: Span<UInt8>) -> [UInt8]? {
        var message = [5, bytes[1], 0, bytes[3]]
        let start = 4
        switch bytes[3] {
        case 1, 4:
            let count = bytes[3] == 1 ? 4 : 16
            guard bytes.count >= start + count + 2 else { return nil }
            message += address((start..<(start + count)).map { bytes[$0] })
        default:
            let count = Int(bytes[4])
            guard bytes.count >= start + 1 + count + 2 else { return nil }
            message.append(bytes[4])
            message += values.host(((start + 1)..<(start + 1 + count)).map { bytes[$0] }[...])
        }
        let end = message.count
        return message + [bytes[end], bytes[end + 1]]
    }

    private mutating func request4(_ bytes: Span<UInt8>) -> [UInt8]? {
        // The name of a user ends with 0; so does that of a host, if the address says that there is one.
        let hasHost = bytes[4] == 0 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] != 0
        var message = (0..<4).map { bytes[$0] }
        let place = (4..<8).map { bytes[$0] }
        message += hasHost ? place : address(place)
        guard let user = (8..<bytes.count).first(where: { bytes[$0] == 0 }) else { return nil }
        message += Filler.text(user - 8) + [0]
        guard hasHost else { return message }
        guard let host = ((user + 1)..<bytes.count).first(where: { bytes[$0] == 0 }) else { return nil }
        return message + values.host(((user + 1)..<host).map { bytes[$0] }[...]) + [0]
    }

    private mutating func proxyHeader(_ bytes: Span<UInt8>) -> [UInt8]? {
        guard bytes.count >= 16, (0..<12).allSatisfy({ bytes[$0] == Self.signature[$0] }) else { return nil }
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard bytes.count >= 16 + length else { return nil }
        var message = (0..<16).map { bytes[$0] }
        let count = [1: 4, 2: 16][bytes[13] >> 4] ?? 0
        if count > 0, length >= 2 * count + 4 {
            for start in [16, 16 + count] { message += address((start..<(start + count)).map { bytes[$0] }) }
            message += ((16 + 2 * count)..<(16 + 2 * count + 4)).map { bytes[$0] }
        }
        // 2.2: skip type 4. Other extensions have names and identifiers.
        let rest = 16 + length - message.count
        if rest >= 3 { message += [4, UInt8((rest - 3) >> 8), UInt8((rest - 3) & 0xff)] }
        return message + [UInt8](repeating: 0, count: 16 + length - message.count)
    }

    private mutating func address(_ bytes: [UInt8]) -> [UInt8] {
        let bits = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        let original = bytes.count == 16 ? IPAddress(ipv6: bits) : IPAddress(ipv4: UInt32(truncatingIfNeeded: bits))
        guard let mapped = addresses?.address(original).bits else { return bytes }
        return bytes.indices.map { UInt8(truncatingIfNeeded: mapped >> UInt128(8 * (bytes.count - 1 - $0))) }
    }
}
