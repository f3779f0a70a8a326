import DatabaseOutput
import ParallelAnalysis

/// The file of `--payload-file`, which appears complete or not at all.
final class PayloadFile: PayloadSink {
    private let path: String
    private var file: OutputFile?
    private var buffer: [UInt8] = []
    private(set) var failure: String?

    /// Bytes to write at a time; longer payloads are written without being copied.
    private static let batch = 256 << 10

    /// Begins the file.
    init(_ path: String) {
        self.path = path
        do throws(OutputFile.Failure) {
            file = try OutputFile(path: path)
        } catch {
            file = nil
            fail(error)
        }
        buffer.reserveCapacity(Self.batch)
    }

    func append(_ payload: Span<UInt8>) {
        if buffer.count + payload.count > Self.batch { flush() }
        if payload.count >= Self.batch {
            write(payload)
        } else {
            payload.withUnsafeBufferPointer { buffer.append(contentsOf: $0) }
        }
    }

    func finish() {
        flush()
        guard failure == nil else { return }
        do throws(OutputFile.Failure) { try file?.finish() } catch { fail(error) }
    }

    private func flush() {
        write(buffer.span)
        buffer.removeAll(keepingCapacity: true)
    }

    private func write(_ bytes: Span<UInt8>) {
        guard failure == nil else { return }
        do throws(OutputFile.Failure) { try file?.put(bytes) } catch { fail(error) }
    }

    private func fail(_ error: OutputFile.Failure) {
        failure =
            switch error {
            case .closedPipe: "\(path): \(String(cString: strerror(EPIPE)))"
            case .failed(let message): message
            }
    }
}
