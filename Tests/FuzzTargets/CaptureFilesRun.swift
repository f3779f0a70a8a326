import Foundation
import PacketCapture
import WireFormat

/// Reads a capture file, as a regular file and, if short enough, from a pipe.
///
/// Input: the file.
struct CaptureFilesRun {
    /// The result of reading: a hash over the packets, and the error at the end.
    private struct Reading: Equatable {
        var packets = 0
        var sum: UInt64 = 0
        var error: Failure?

        mutating func add(_ value: some BinaryInteger) {
            sum = (sum ^ UInt64(truncatingIfNeeded: value)) &* 0x100_0000_01b3
        }
    }

    private struct Failure: Equatable {
        let kind: CaptureError.Kind
        let packetNumber: UInt64?
        let fileOffset: UInt64?
    }

    /// The kinds of errors that a file's content may cause.
    private static let documented: Set<CaptureError.Kind> = [
        .empty, .notCapture, .compressed, .cutShort, .damaged, .needsMemory,
    ]
    /// Compressed files can hold more packets than there is time for.
    private static let mostPackets = 2000
    /// The bytes that a pipe holds without a reader.
    private static let longestPiped = 60_000

    private let file = FileManager.default.temporaryDirectory.appending(path: "wstap-fuzz-\(UUID())")
    private let input: [UInt8]

    init(_ input: [UInt8]) { self.input = input }

    /// Reads the file: packets and errors must be the same wherever it is read from.
    func check() throws(Disagreement) {
        let regular: Reading
        do {
            try Data(input).write(to: file)
            regular = try reading(of: file.path)
            try FileManager.default.removeItem(at: file)
        } catch let error as Disagreement {
            throw error
        } catch {
            throw Disagreement(words: "\(error)")
        }
        guard input.count <= Self.longestPiped else { return }
        let pipe = Pipe()
        do {
            try pipe.fileHandleForWriting.write(contentsOf: Data(input))
            try pipe.fileHandleForWriting.close()
        } catch {
            throw Disagreement(words: "\(error)")
        }
        let piped = try reading(of: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
        if piped != regular { throw Disagreement(words: "out of a pipe: \(piped), out of a file: \(regular)") }
    }

    private func reading(of path: String) throws(Disagreement) -> Reading {
        var reading = Reading()
        do throws(CaptureError) {
            var file = try CaptureFile(path: path)
            while reading.packets < Self.mostPackets, let packet = try file.next() {
                reading.packets += 1
                reading.add(packet.number)
                reading.add(packet.time.nanoseconds)
                reading.add(packet.linkType.rawValue)
                reading.add(packet.originalLength)
                reading.add(packet.bytes.count)
                for index in packet.bytes.indices { reading.add(packet.bytes[index]) }
                for index in packet.interfaceName.indices { reading.add(packet.interfaceName[index]) }
            }
        } catch {
            guard Self.documented.contains(error.kind), !error.description.isEmpty else {
                throw Disagreement(words: "\(error.kind): \(error)")
            }
            reading.error = Failure(
                kind: error.kind, packetNumber: error.packetNumber, fileOffset: error.fileOffset)
        }
        return reading
    }
}
