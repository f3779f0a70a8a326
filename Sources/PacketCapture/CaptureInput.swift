/// A file whose format has been recognised by its content, unpacked where it is compressed.
struct CaptureInput: ~Copyable {
    /// The capture's bytes from its first one on.
    var buffer: ReadBuffer
    /// How the file is compressed; nil where it is not.
    let compression: CompressionMethod?
    /// The first four bytes of a pcap file; nil of pcapng.
    let pcapMagic: PcapHeader.Magic?

    /// Looks at the start of `source`.
    ///
    /// - Throws: `cannotRead`, `empty`, `notCapture`, `compressed`; `cutShort` or `damaged` where that is the compression.
    init(_ source: FileSource, name: String, _ memory: ReadingMemory) throws(CaptureError) {
        var buffer = ReadBuffer(source, capacity: memory.bufferSize, blocks: memory.blocks)
        var magic = buffer.peekMagic()
        while case .skippableFrame = FileFormat(magic: magic), buffer.skipFrame() {
            magic = buffer.peekMagic()
        }
        var method: CompressionMethod?
        if case .compressed(let found) = FileFormat(magic: magic) {
            guard let decoder = found.makeDecoder() else {
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
        pcapMagic = PcapHeader.Magic(magic)
        compression = method
        self.buffer = buffer
    }

    /// Why what begins with `magic` cannot be read.
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
    /// The first four bytes, not consumed; fewer where there are fewer.
    fileprivate mutating func peekMagic() -> [UInt8] {
        _ = fill(4)
        return unsafe Array(bytes(at: 0, count: min(count, 4)))
    }

    /// Passes over a frame of zstd or lz4 that holds no data (RFC 8878 3.1.2); false where the file ends before.
    fileprivate mutating func skipFrame() -> Bool {
        guard fill(8) else { return false }
        return skip(8 &+ Int(load(UInt32.self, at: 4, isBigEndian: false)))
    }
}
