package import WireFormat

/// The options of a packet (draft-ietf-opsawg-pcapng 3.5, 4.3) that stay when it is written to another file.
package enum PacketOptions {
    /// The options of the packet at a place of a batch that stay, with numbers stored lowest byte first; nil if there
    /// are none.
    package static func kept(in batch: borrowing PacketBatch, at place: Int) -> [UInt8]? {
        let order = batch.optionOrder(place)
        guard order != .none else { return nil }
        return kept(of: batch.options(place), isBigEndian: order == .bigEndian)
    }

    /// The sizes of the numbers that an option's value consists of: empty for text and bytes; nil for options that do
    /// not stay.
    ///
    /// Those are the packet's number, which becomes another one, and custom options, which only their owner can judge.
    ///
    /// - Parameters:
    ///   - code: What it is.
    ///   - first: The first byte of its value; nil if that is empty.
    /// - Returns: The sizes.
    private static func numberSizes(_ code: UInt16, first: UInt8?) -> [Int]? {
        switch code {
        // opt_comment, epb_hash.
        case 1, 3: []
        // epb_flags, epb_queue.
        case 2, 6: [4]
        // epb_dropcount.
        case 4: [8]
        // epb_verdict: its kind, and for the kinds of eBPF what the program has returned.
        case 7: first.map { 1...2 ~= $0 ? [1, 8] : [] }
        // epb_processid_threadid.
        case 8: [4, 4]
        default: nil
        }
    }

    private static func kept(of options: Span<UInt8>, isBigEndian: Bool) -> [UInt8]? {
        func number(at place: Int) -> Int {
            let (first, second) = (Int(options[place]), Int(options[place &+ 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        var kept: [UInt8] = []
        var place = 0
        while options.count &- place >= 4 {
            let (code, length) = (UInt16(number(at: place)), number(at: place &+ 2))
            let value = place &+ 4
            guard code != 0, length <= options.count &- value else { break }
            place = value &+ (length &+ 3) & ~3
            guard let sizes = numberSizes(code, first: length > 0 ? options[value] : nil),
                sizes.isEmpty || sizes.reduce(0, +) == length
            else { continue }
            for number in [code, UInt16(length)] { kept += [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)] }
            if isBigEndian, !sizes.isEmpty {
                var start = value
                for size in sizes {
                    for index in (start..<(start &+ size)).reversed() { kept.append(options[index]) }
                    start &+= size
                }
            } else {
                kept.append(copying: options.extracting(value..<(value &+ length)))
            }
            kept += repeatElement(0, count: -length & 3)
        }
        return kept.isEmpty ? nil : kept
    }
}
