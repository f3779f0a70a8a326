import CaptureAnalysis
import PacketCapture
import TraceOutput
import WireFormat

/// Keeps packets in a file, all or those of WebSocket connections (`-w`).
struct PacketRecorder: ~Copyable {
    /// What went wrong, for the user; nil where nothing did.
    private(set) var problem: String?
    /// Whether whoever read a pipe of packets went away.
    private(set) var isClosed = false

    private var file: PacketFileWriter
    private var selection: WebSocketSelection?
    private let name: String

    /// Makes the file.
    ///
    /// - Throws: What to tell the user.
    init(
        path: String, source: PacketSource, onlyWebSocket: Bool, user: Privileges.User?
    ) throws(Privileges.Failure) {
        name = path == "-" ? "standard output" : path
        do throws(PacketFileError) {
            file = try PacketFileWriter(path: path, format: PacketFileFormat(path: path), source: source)
        } catch {
            switch error {
            case .cannotOpen(let words):
                let who = user.map { ", as user \($0.name) (-Z names another)" } ?? ""
                throw Privileges.Failure(words: "\(name): cannot be made\(who): \(words)")
            case .closedPipe, .cannotWrite: throw Privileges.Failure(words: "\(name): cannot be written")
            }
        }
        if onlyWebSocket { selection = WebSocketSelection() }
    }

    /// Whether nothing more can be written.
    var hasFailed: Bool { problem != nil || isClosed }

    /// Takes a packet that was analysed.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - pipeline: What has analysed it.
    ///   - announced: The connections that got their number with it.
    mutating func take(
        _ packet: borrowing CapturedPacket, _ pipeline: inout Pipeline, announced: [ConnectionEnds]
    ) {
        if selection == nil {
            file.append(packet)
        } else {
            selection?.take(packet, pipeline.latestPacket(), announced: announced, to: &file)
        }
        if file.isFull { flush() }
    }

    /// Writes what connections have waited that got their number without a packet of theirs.
    mutating func release(_ announced: [ConnectionEnds]) {
        selection?.finish(announced: announced, to: &file)
    }

    /// Writes out what waits.
    mutating func flush() {
        do throws(PacketFileError) {
            try file.flush()
        } catch {
            note(error)
        }
    }

    /// Ends the file with what the interface has dropped.
    mutating func finish(_ statistics: LiveStatistics) {
        do throws(PacketFileError) {
            try file.finish(statistics)
        } catch {
            note(error)
        }
        if let dropped = selection?.droppedPackets, dropped > 0, problem == nil {
            complain(
                "\(TerminalText.safe(name)): lacks up to \(dropped) packets from before upgrades, since too many waited"
            )
        }
    }

    private mutating func note(_ error: PacketFileError) {
        switch error {
        case .closedPipe: isClosed = true
        case .cannotOpen(let words), .cannotWrite(let words):
            if problem == nil { problem = "\(name): cannot be written any further: \(words)" }
        }
    }
}
