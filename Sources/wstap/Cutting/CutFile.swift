import ArgumentParser
import PacketCapture
import ParallelAnalysis
import TraceOutput

/// A capture file that appears complete or not at all.
struct CutFile: ~Copyable {
    /// Receives the packets.
    var packets: PacketFileWriter
    private var file: OutputFile

    /// Begins the file.
    ///
    /// - Parameters:
    ///   - path: Its name.
    ///   - comment: The comment on its section; nil for none.
    ///   - bufferLength: How many bytes are written at a time; nil for the default.
    ///   - isSecret: Whether only its owner may read it.
    /// - Throws: The exit status, if it cannot be written.
    init(path: String, comment: String?, bufferLength: Int? = nil, isSecret: Bool = false) throws {
        let opened = try Self.open(path, isSecret: isSecret)
        packets = try Self.writer(opened.descriptor, path, comment, bufferLength)
        file = opened
        name = nameOfOutput(path)
    }

    private static func open(_ path: String, isSecret: Bool) throws -> OutputFile {
        do throws(OutputFile.Failure) {
            return try OutputFile(path: path, isSecret: isSecret)
        } catch {
            if case .failed(let message) = error { complain(TerminalText.safe(message)) }
            throw ExitCode(ExitStatus.nothingRead)
        }
    }

    private static func writer(
        _ descriptor: Int32, _ path: String, _ comment: String?, _ bufferLength: Int?
    ) throws -> PacketFileWriter {
        do throws(PacketFileError) {
            return try PacketFileWriter(
                borrowing: descriptor, application: "wstap \(Wstap.version)", comment: comment,
                bufferLength: bufferLength)
        } catch {
            throw status(error, nameOfOutput(path))
        }
    }

    private let name: String

    /// The path by which it can be read before it is finished; nil if it cannot.
    var readablePath: String? { file.readablePath }

    /// Writes what is buffered if there is enough.
    mutating func advance() throws {
        guard packets.isFull else { return }
        try flush()
    }

    /// Writes the rest, and gives the file its name.
    ///
    /// - Parameter comment: Replaces the section's comment.
    /// - Throws: The exit status, if that fails.
    mutating func finish(comment: String? = nil) throws {
        try flush()
        if let comment {
            do throws(PacketFileError) {
                try packets.replace(comment: comment)
            } catch {
                throw Self.status(error, name)
            }
        }
        do throws(OutputFile.Failure) {
            try file.finish()
        } catch {
            if case .failed(let message) = error { complain(TerminalText.safe(message)) }
            throw ExitCode(ExitStatus.nothingRead)
        }
    }

    /// Removes packets; all must have been written with their connection.
    ///
    /// - Parameter isWanted: Whether a packet stays, by its number and connection.
    /// - Throws: The exit status, if the file cannot be read or written.
    mutating func keepPackets(where isWanted: (_ number: UInt64, _ connection: UInt64) -> Bool) throws {
        do throws(PacketFileError) {
            try packets.keepPackets(where: isWanted)
        } catch {
            throw Self.status(error, name)
        }
    }

    /// Writes what is buffered.
    mutating func flush() throws {
        do throws(PacketFileError) {
            try packets.flush()
        } catch {
            throw Self.status(error, name)
        }
    }

    private static func status(_ error: PacketFileError, _ name: String) -> ExitCode {
        switch error {
        case .closedPipe: return ExitCode.success
        case .cannotWrite(let reason):
            complain(TerminalText.safe("\(name): \(reason)"))
            return ExitCode(ExitStatus.nothingRead)
        }
    }
}
