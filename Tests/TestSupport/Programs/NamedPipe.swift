import Foundation

/// A pipe with a name in the file system, from which a program reads or to which it writes; closed with its owner.
///
/// It has a name and no inherited descriptors, so that programs that other tests start at the same time cannot hold it
/// open.
package final class NamedPipe {
    /// The end that the test holds.
    package enum End: Sendable {
        case reading, writing
    }

    /// Milliseconds after which waiting fails.
    private static let patience = Int32(Double.patience * 1000)

    /// Its path.
    package let path: String
    private var descriptor: Int32

    /// Creates a pipe in a folder.
    package init(_ name: String, in folder: ScratchFolder, holding end: End) throws {
        path = folder.path(name)
        guard mkfifo(path, 0o600) == 0 else { throw POSIXError.last }
        // If both ends are held, the writing end opens without a reader; the reading end must see the last writer
        // leave.
        descriptor = open(path, end == .writing ? O_RDWR | O_CLOEXEC : O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError.last }
    }

    deinit {
        closeWriting()
    }

    /// Closes the pipe, so that its reader finds the end.
    package func closeWriting() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// The number of bytes that wait to be read.
    package var unreadBytes: Int {
        var count: Int32 = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    /// Writes all bytes, which must fit into the pipe.
    package func write(_ bytes: some Sequence<UInt8>) {
        FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(Data(bytes))
    }

    /// Waits for the next line, and returns it without its end; nil if the writer has gone.
    package func readLine() throws -> String? {
        var line: [UInt8] = []
        while let byte = try readByte() {
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    /// Reads everything up to the end, and calls `whenIdle` whenever nothing comes for a second.
    package func readToEnd(whenIdle: () -> Void) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, 1000) == 1 else {
                whenIdle()
                continue
            }
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw POSIXError.last }
            if count == 0 { return bytes }
            bytes += buffer.prefix(count)
        }
    }

    private func readByte() throws -> UInt8? {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, Self.patience) == 1 else { throw POSIXError(.ETIMEDOUT) }
        var byte: UInt8 = 0
        switch read(descriptor, &byte, 1) {
        case 1: return byte
        case 0: return nil
        default: throw POSIXError.last
        }
    }
}

/// Waits until a condition holds.
///
/// - Parameters:
///   - seconds: The longest time to wait.
///   - condition: The condition.
/// - Returns: Whether it held in time.
/// - Throws: The errors of the condition.
package func eventually(within seconds: Double = .patience, _ condition: () throws -> Bool) rethrows -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while try !condition() {
        if clock.now >= deadline { return false }
        usleep(5000)
    }
    return true
}

extension Double {
    /// How long a test waits for something that should happen soon, in seconds: only a failure takes that long, however
    /// busy the machine.
    package static let patience = 300.0
}
