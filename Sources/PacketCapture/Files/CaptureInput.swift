/// A file whose format is recognised by its first bytes, unpacked if it is compressed.
struct CaptureInput: ~Copyable {
    /// The (unpacked) capture, from its first byte.
    var buffer: ReadBuffer
    /// How the file is compressed; nil if it is not.
    let compression: CompressionMethod?
    /// The first four bytes of a pcap file; nil for pcapng.
    let pcapMagic: PcapReader.Magic?

    /// Recognises the format of `source`.
    ///
    /// - Throws: `cannotRead`, `empty`, `notCapture`, `compressed`; `cutShort` or `damaged` if the compressed data is.
    init(_ source: FileSource, name: String, _ memory: ReadingMemory) throws(CaptureError) {
        var buffer = ReadBuffer(source, capacity: memory.bufferSize, blocks: memory.blocks)
        var magic = buffer.peekMagic()
        while case .skippableFrame = FileFormat(magic: magic), buffer.skipFrame() {
            magic = buffer.peekMagic()
        }
        var method: CompressionMethod?
        if case .compressed(let found) = FileFormat(magic: magic) {
            guard let decoder = found.makeDecoder(memory.windows) else {
                throw CaptureError(.compressed, name: name, detail: found.rawValue)
            }
            method = found
            buffer = ReadBuffer(
                CompressedSource(consume buffer, decoder), capacity: memory.bufferSize, blocks: memory.blocks)
            magic = buffer.peekMagic()
        }
        let format = FileFormat(magic: magic)
        guard format == .pcap || format == .pcapng else {
            throw Self.error(format, magic, buffer, name: name, method)
        }
        pcapMagic = PcapReader.Magic(magic)
        compression = method
        self.buffer = buffer
    }

    /// Why a file that starts with `magic` cannot be read.
    private static func error(
        _ format: FileFormat, _ magic: [UInt8], _ buffer: borrowing ReadBuffer, name: String,
        _ method: CompressionMethod?
    ) -> CaptureError {
        if case .compressed(let inner) = format {
            let outer = method.map { " inside \($0.rawValue)" } ?? ""
            return CaptureError(.compressed, name: name, detail: inner.rawValue + outer)
        }
        if let failure = buffer.failure {
            return CaptureError(.ended(.header, buffer), name: name, packetNumber: nil, method, failure)
        }
        return CaptureError(magic.isEmpty ? .empty : .notCapture, name: name)
    }
}

extension ReadBuffer {
    /// The first four bytes, or all if there are fewer; not consumed.
    fileprivate mutating func peekMagic() -> [UInt8] {
        _ = fill(4)
        return unsafe Array(bytes(at: 0, count: min(count, 4)))
    }

    /// Skips a skippable frame of zstd or lz4 (RFC 8878 3.1.2); false if the file ends before it does.
    fileprivate mutating func skipFrame() -> Bool {
        guard fill(8) else { return false }
        return skip(8 &+ Int(load(UInt32.self, at: 4, isBigEndian: false)))
    }
}

/// The format of a file, recognised by its first four bytes.
enum FileFormat: Equatable {
    case pcap
    case pcapng
    case compressed(CompressionMethod)
    /// A skippable frame of zstd or lz4; the next frame shows which.
    case skippableFrame
    case unknown

    init(magic: [UInt8]) {
        self =
            switch magic {
            case _ where PcapReader.Magic(magic) != nil: .pcap
            case [0x0A, 0x0D, 0x0D, 0x0A]: .pcapng
            case [0x28, 0xB5, 0x2F, 0xFD]: .compressed(.zstd)
            case [0x04, 0x22, 0x4D, 0x18]: .compressed(.lz4)
            case [0x02, 0x21, 0x4C, 0x18]: .compressed(.legacyLZ4)
            case _ where magic.count == 4 && magic[0] & 0xF0 == 0x50 && magic[1...] == [0x2A, 0x4D, 0x18]:
                .skippableFrame
            case [0xFD, 0x37, 0x7A, 0x58]: .compressed(.xz)
            case _ where magic.starts(with: [0x1F, 0x8B]): .compressed(.gzip)
            case _ where magic.starts(with: [0x42, 0x5A, 0x68]): .compressed(.bzip2)
            default: .unknown
            }
    }
}
