/// Messages and frames (RFC 6455 5), counted as they are said.
enum FrameWriter {
    /// - Returns: How many payload bytes the last frame of the message has.
    @discardableResult
    static func appendMessage(from end: End, to ends: inout [SendingEnd], _ world: inout GeneratedWorld) -> Int {
        let isBinary = world.random.chance(world.profile.binary)
        let length = world.random.length(in: world.profile.messageLength)
        world.message.removeAll(keepingCapacity: true)
        if isBinary {
            world.pools.appendNoise(length, to: &world.message, &world.random)
        } else {
            world.pools.appendText(length, to: &world.message, &world.random)
        }
        world.truth[end].messages += 1
        world.truth[end].messageBytes += UInt64(world.message.count)
        world.truth[end].checksum &+= checksum(world.message)
        let deflater = ends[end.rawValue].deflater
        if let deflater {
            deflater.deflate(world.message, into: &world.compressed)
            world.truth[end].compressedMessages += 1
        }
        let payload = deflater == nil ? world.message : world.compressed
        let firstByte: UInt8 = (isBinary ? 2 : 1) | (deflater == nil ? 0 : 0x40)
        let cuts = cuts(of: payload.count, &world)
        var start = 0
        for (index, place) in cuts.enumerated() {
            if world.random.chance(world.profile.pings) { appendPing(from: end, to: &ends, &world) }
            let fin: UInt8 = index == cuts.count - 1 ? 0x80 : 0
            append(
                (index == 0 ? firstByte : 0) | fin, payload[start..<place], from: end, to: &ends[end.rawValue], &world)
            start = place
        }
        return payload.count - (cuts.dropLast().last ?? 0)
    }

    static func appendPongs(from end: End, to ends: inout [SendingEnd], _ world: inout GeneratedWorld) {
        for payload in ends[end.rawValue].pongs {
            append(0x8a, payload[...], from: end, to: &ends[end.rawValue], &world)
        }
        ends[end.rawValue].pongs.removeAll()
    }

    /// A Close frame of code 1000.
    static func appendClose(
        from end: End, hasReason: Bool, to ends: inout [SendingEnd], _ world: inout GeneratedWorld
    ) {
        let payload = UInt16(1000).bigEndianBytes + (hasReason ? Array("bye".utf8) : [])
        append(0x88, payload[...], from: end, to: &ends[end.rawValue], &world)
    }

    private static func appendPing(from end: End, to ends: inout [SendingEnd], _ world: inout GeneratedWorld) {
        let payload = world.random.next().bigEndianBytes
        append(0x89, payload[...], from: end, to: &ends[end.rawValue], &world)
        ends[end.peer.rawValue].pongs.append(payload)
    }

    /// Where the frames of a message end.
    private static func cuts(of length: Int, _ world: inout GeneratedWorld) -> [Int] {
        guard world.random.chance(world.profile.fragmentation) else { return [length] }
        let count = world.random.number(in: 1...4)
        return (0..<count).map { _ in world.random.below(length + 1) }.sorted() + [length]
    }

    private static func append(
        _ firstByte: UInt8, _ payload: ArraySlice<UInt8>, from end: End, to sender: inout SendingEnd,
        _ world: inout GeneratedWorld
    ) {
        world.truth[end].frames[Int(firstByte & 15)] += 1
        world.truth[end].framePayload += UInt64(payload.count)
        let masked: UInt8 = end == .client ? 0x80 : 0
        sender.outbox.append(firstByte)
        switch payload.count {
        case ..<126: sender.outbox.append(masked | UInt8(payload.count))
        case ..<65_536: sender.outbox += [masked | 126] + UInt16(payload.count).bigEndianBytes
        default: sender.outbox += [masked | 127] + UInt64(payload.count).bigEndianBytes
        }
        guard end == .client else { return sender.outbox.append(contentsOf: payload) }
        var key = sender.lastKey
        while key == sender.lastKey || key == 0 { key = UInt32(truncatingIfNeeded: world.random.next()) }
        sender.lastKey = key
        sender.outbox += key.bigEndianBytes
        let start = sender.outbox.count
        sender.outbox.append(contentsOf: payload)
        mask(&sender.outbox, from: start, key)
    }

    /// Masks everything from `start` on (RFC 6455 5.3).
    private static func mask(_ bytes: inout [UInt8], from start: Int, _ key: UInt32) {
        let wide = UInt64(key.bigEndian) << 32 | UInt64(key.bigEndian)
        let keyBytes = key.bigEndianBytes
        bytes.withUnsafeMutableBytes { raw in
            var index = start
            while index + 8 <= raw.count {
                let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ wide
                raw.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < raw.count {
                raw[index] ^= keyBytes[(index - start) & 3]
                index += 1
            }
        }
    }
}
