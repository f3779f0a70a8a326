import DatabaseOutput

/// The file of `--payload-file`.
final class PayloadFile: PayloadSink {
    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private(set) var failure: String?

    /// Bytes to write at a time; longer payloads are written from where they are.
    private static let batch = 256 << 10

    /// Creates the file, or empties it.
    init(_ path: String) {
        self.path = path
        descriptor = openForWriting(path, flags: O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
        if descriptor < 0 { fail(errno) }
        buffer.reserveCapacity(Self.batch)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func append(_ payload: Span<UInt8>) {
        if buffer.count + payload.count > Self.batch { flush() }
        if payload.count >= Self.batch {
            payload.withUnsafeBytes { write($0) }
        } else {
            payload.withUnsafeBufferPointer { buffer.append(contentsOf: $0) }
        }
    }

    func flush() {
        buffer.withUnsafeBytes { write($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        guard failure == nil else { return }
        let code = writeWhole(bytes, to: descriptor)
        if code != 0 { fail(code) }
    }

    private func fail(_ code: Int32) {
        failure = "\(path): \(String(cString: strerror(code)))"
    }
}
