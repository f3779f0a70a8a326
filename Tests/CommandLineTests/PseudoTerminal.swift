import Foundation

/// A terminal that a program can write to, and a test can read.
final class PseudoTerminal {
    /// The terminal's name.
    let path: String
    private let descriptor: Int32

    init() throws {
        var (own, others): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        guard openpty(&own, &others, &name, nil, nil) == 0 else { throw POSIXError(.ENOTTY) }
        close(others)
        descriptor = own
        path = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    deinit {
        close(descriptor)
    }

    /// Everything that is written until nobody has the terminal open any more.
    func readToEnd() -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += buffer.prefix(count)
        }
    }
}
