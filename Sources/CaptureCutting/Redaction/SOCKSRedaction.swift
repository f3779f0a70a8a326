/// Replaces user names and passwords in what SOCKS says ahead of HTTP (RFC 1928, RFC 1929), where each message comes as a whole.
enum SOCKSRedaction {
    /// The message that bytes begin with, with user name and password replaced; nil if there is none.
    static func message(in bytes: Span<UInt8>) -> [UInt8]? {
        guard bytes.count >= 2 else { return nil }
        switch bytes[0] {
        case 5:
            if bytes.count >= 7, bytes[1] <= 8, bytes[2] == 0, [1, 3, 4].contains(bytes[3]) {
                let address = bytes[3] == 1 ? 4 : bytes[3] == 4 ? 16 : 1 + Int(bytes[4])
                return kept(4 + address + 2, of: bytes)
            }
            // An answer has two bytes, an offer as many as it says.
            return kept(bytes.count == 2 ? 2 : 2 + Int(bytes[1]), of: bytes)
        case 1:
            if bytes.count == 2 { return kept(2, of: bytes) }
            let name = Int(bytes[1])
            guard bytes.count > 2 + name else { return nil }
            let password = Int(bytes[2 + name])
            guard bytes.count >= 3 + name + password else { return nil }
            return [1, bytes[1]] + Filler.text(name) + [bytes[2 + name]] + Filler.text(password)
        case 4 where bytes.count >= 9 && bytes[1] <= 2:
            // The name of a user ends with 0; so does that of a host, if the address says that there is one.
            var message = (0..<8).map { bytes[$0] }
            let hasHost = bytes[4] == 0 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] != 0
            var isHost = false
            for index in 8..<bytes.count {
                message.append(bytes[index] == 0 || isHost ? bytes[index] : Filler.character(index))
                guard bytes[index] == 0 else { continue }
                if isHost || !hasHost { return message }
                isHost = true
            }
            return nil
        case 0 where bytes.count == 8 && 90...93 ~= bytes[1]: return kept(8, of: bytes)
        default: return nil
        }
    }

    private static func kept(_ count: Int, of bytes: Span<UInt8>) -> [UInt8]? {
        count <= bytes.count ? (0..<count).map { bytes[$0] } : nil
    }
}
