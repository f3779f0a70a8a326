#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The end of a packet's block that was written with its connection: the value of epb_packetid, the end of options, the
/// connection, and the block's length.
struct PacketTrailer {
    /// The packet's number.
    var number: UInt64
    /// Its connection.
    var connection: UInt64

    /// The bytes of the connection.
    static let connectionLength = 8
    /// Bytes in all.
    static let length = 8 + 4 + connectionLength + 4

    /// Reads the end of a block; nil if the block is too short.
    init?(_ block: ArraySlice<UInt8>) {
        guard block.count >= Self.length else { return nil }
        number = block.littleEndian(at: block.endIndex &- Self.length)
        connection = block.littleEndian(at: block.endIndex &- 4 &- Self.connectionLength)
    }
}

extension PacketFileWriter {
    /// How many bytes are read at a time, if no block is longer.
    private static var readLength: Int { 1 << 20 }

    /// Removes packets from the file, in place: one pass over it, with a buffer of 1 MiB or the longest block.
    ///
    /// All packets must have been appended with their connection, which is removed from the file too.
    ///
    /// - Parameter isWanted: Whether a packet stays, by its number and connection.
    /// - Throws: `cannotWrite` if the file cannot be read or written, or another program has changed it.
    package mutating func keepPackets(
        where isWanted: (_ number: UInt64, _ connection: UInt64) -> Bool
    ) throws(PacketFileError) {
        try flush()
        guard !hasFailed else { return }
        var (input, output): ([UInt8], [UInt8]) = ([], [])
        var (readEnd, keptEnd, keptCount): (Int64, Int64, UInt64) = (0, 0, 0)
        var wanted = Self.readLength
        while readEnd < writtenLength {
            let count = min(wanted, Int(writtenLength &- readEnd))
            try read(count, at: readEnd, into: &input)
            readEnd &+= Int64(count)
            var place = 0
            wanted = Self.readLength
            while let length = try Self.length(ofBlock: input[place...]) {
                guard length <= input.count &- place else {
                    wanted = max(wanted, length)
                    break
                }
                let block = input[place..<(place &+ length)]
                place &+= length
                guard block.littleEndian(at: block.startIndex) == PcapngBlockType.enhancedPacket.rawValue else {
                    output += block
                    continue
                }
                guard let trailer = PacketTrailer(block) else { throw Self.changed }
                guard isWanted(trailer.number, trailer.connection) else { continue }
                keptCount &+= 1
                output.append(packet: block)
            }
            input.removeFirst(place)
            try write(&output, at: &keptEnd)
        }
        guard input.isEmpty else { throw Self.changed }
        guard ftruncate(descriptor, off_t(keptEnd)) == 0, lseek(descriptor, off_t(keptEnd), SEEK_SET) >= 0 else {
            throw .cannotWrite(Self.message(errno))
        }
        writtenLength = keptEnd
        packetCount = keptCount
    }

    private static var changed: PacketFileError { .cannotWrite("was changed while it was written") }

    /// The length of the next block; nil if not even that has been read.
    private static func length(ofBlock bytes: ArraySlice<UInt8>) throws(PacketFileError) -> Int? {
        guard bytes.count >= 8 else { return nil }
        let length = Int(bytes.littleEndian(at: bytes.startIndex &+ 4) as UInt32)
        guard length >= 12, length.isMultiple(of: 4) else { throw changed }
        return length
    }

    /// Appends bytes of the file to an array.
    private func read(_ count: Int, at place: Int64, into bytes: inout [UInt8]) throws(PacketFileError) {
        let start = bytes.count
        bytes += repeatElement(0, count: count)
        var done = 0
        while done < count {
            let result = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(
                    descriptor, buffer.baseAddress.map { unsafe $0 + start + done }, count &- done,
                    off_t(place &+ Int64(done)))
            }
            if result > 0 {
                done &+= result
            } else if result == 0 {
                throw Self.changed
            } else if errno != EINTR {
                throw .cannotWrite(Self.message(errno))
            }
        }
    }

    /// Writes bytes to a place in the file, and empties the array.
    private func write(_ bytes: inout [UInt8], at place: inout Int64) throws(PacketFileError) {
        var done = 0
        while done < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { buffer in
                unsafe pwrite(
                    descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count &- done,
                    off_t(place &+ Int64(done)))
            }
            if result >= 0 {
                done &+= result
            } else if errno != EINTR {
                throw .cannotWrite(Self.message(errno))
            }
        }
        place &+= Int64(done)
        bytes.removeAll(keepingCapacity: bytes.capacity <= 2 << 20)
    }
}

extension [UInt8] {
    /// Appends a packet's block without its connection.
    fileprivate mutating func append(packet block: ArraySlice<UInt8>) {
        let length = UInt32(truncatingIfNeeded: block.count &- PacketTrailer.connectionLength)
        self += block.prefix(4)
        append(littleEndian: length)
        // Not `dropLast`: the version for sequences would be chosen, which copies byte by byte.
        self += block[(block.startIndex &+ 8)..<(block.endIndex &- 4 &- PacketTrailer.connectionLength)]
        append(littleEndian: length)
    }

    private mutating func append(littleEndian value: UInt32) {
        for shift in stride(from: 0 as UInt32, to: 32, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

extension ArraySlice<UInt8> {
    /// The number at an index; bytes beyond the end are zero.
    fileprivate func littleEndian<Number: FixedWidthInteger>(at index: Int) -> Number {
        var number: Number = 0
        for place in (0..<(Number.bitWidth / 8)).reversed() where index &+ place < endIndex {
            number = number << 8 | Number(truncatingIfNeeded: self[index &+ place])
        }
        return number
    }
}
