import CPcap

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file or standard input, open for reading through a buffer of chosen size; closed and freed with its owner.
@safe
struct BufferedInput: ~Copyable {
    /// The stream that libpcap reads.
    let stream: UnsafeMutablePointer<FILE>
    /// The size of a regular file in bytes; nil of anything else.
    let byteCount: UInt64?
    /// Whether the bytes may come while they are read: a pipe, a FIFO, a socket or a terminal.
    let isLive: Bool
    private let buffer: UnsafeMutablePointer<CChar>
    /// Whether `pcap_close` has closed, or will close, the stream.
    private var isLentToLibpcap = false

    /// Opens the file at `path`, or standard input where that is "-".
    init(path: String, bufferSize: Int) throws(CaptureError) {
        // A descriptor of our own: whoever closes the stream leaves standard input open.
        guard let stream = unsafe path == "-" ? fdopen(dup(STDIN_FILENO), "rb") : fopen(path, "rbe") else {
            let code = errno
            throw CaptureError(.cannotOpen, name: path, detail: Self.systemMessage(code))
        }
        var status = stat()
        guard unsafe fstat(fileno(stream), &status) == 0 else {
            let code = errno
            unsafe fclose(stream)
            throw CaptureError(.cannotOpen, name: path, detail: Self.systemMessage(code))
        }
        let type = status.st_mode & S_IFMT
        guard type != S_IFDIR else {
            unsafe fclose(stream)
            throw CaptureError(.isDirectory, name: path)
        }
        unsafe self.stream = stream
        byteCount = type == S_IFREG ? UInt64(max(0, status.st_size)) : nil
        isLive = type == S_IFIFO || type == S_IFSOCK || type == S_IFCHR
        unsafe buffer = UnsafeMutablePointer<CChar>.allocate(capacity: bufferSize)
        unsafe setvbuf(stream, buffer, _IOFBF, bufferSize)
        #if os(Linux)
            // Nobody else reads this stream; the lock that each fread takes is a quarter of libpcap's time.
            unsafe __fsetlocking(stream, Int32(FSETLOCKING_BYCALLER))
        #endif
    }

    deinit {
        if !isLentToLibpcap {
            unsafe fclose(stream)
        }
        unsafe buffer.deallocate()
    }

    /// How many bytes have been taken out of a regular file.
    var position: UInt64 {
        unsafe UInt64(max(0, ftello(stream)))
    }

    /// Whether a read has met the end.
    var isAtEnd: Bool { unsafe feof(stream) != 0 }

    /// Whether a read has failed.
    var hasFailed: Bool { unsafe ferror(stream) != 0 }

    /// The first four bytes, not consumed; fewer where the input holds fewer.
    func peekMagic() -> [UInt8] {
        var magic: [UInt8] = []
        while magic.count < 4, case let byte = unsafe getc(stream), byte != EOF {
            magic.append(UInt8(truncatingIfNeeded: byte))
        }
        // C promises one byte of push-back; glibc, musl (8) and the BSDs give these four.
        for byte in magic.reversed() {
            unsafe ungetc(Int32(byte), stream)
        }
        return magic
    }

    /// Has libpcap read the file's header, and from now on the stream, which `pcap_close` then closes.
    ///
    /// - Throws: `cutShort`, `damaged` or `cannotRead` where it does not accept the header.
    mutating func openCapture(name: String) throws(CaptureError) -> OpaquePointer {
        let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(PCAP_ERRBUF_SIZE))
        defer { unsafe message.deallocate() }
        let handle = unsafe pcap_fopen_offline_with_tstamp_precision(
            stream, UInt32(PCAP_TSTAMP_PRECISION_NANO), message)
        guard let handle = unsafe handle else {
            let kind: CaptureError.Kind = hasFailed ? .cannotRead : isAtEnd ? .cutShort : .damaged
            let end = kind == .cutShort ? byteCount : nil
            throw unsafe CaptureError(kind, name: name, fileOffset: end, detail: String(cString: message))
        }
        isLentToLibpcap = true
        return unsafe handle
    }

    /// The system's words for an error number, and what to do about too many open files.
    static func systemMessage(_ code: Int32) -> String {
        let words = unsafe String(cString: strerror(code))
        return code == EMFILE ? words + " (raise the limit with ulimit -n)" : words
    }
}
