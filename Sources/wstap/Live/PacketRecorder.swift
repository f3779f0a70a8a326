import CaptureAnalysis
import PacketCapture
import TLSDecryption
import TraceOutput
import WireFormat

/// Saves packets to a file, all or those of WebSocket connections (`-w`).
struct PacketRecorder: ~Copyable {
    /// A message for the user about what went wrong; nil if nothing did.
    private(set) var problem: String?
    /// Whether the reader of a pipe has quit.
    private(set) var isClosed = false

    private var file: PacketFileWriter
    private var selection: WebSocketSelection?
    private let name: String

    /// Begins the file.
    ///
    /// - Parameters:
    ///   - path: Its path, or "-".
    ///   - descriptor: The open file, which is truncated; nil for standard output.
    ///   - source: Where the packets come from.
    ///   - onlyWebSocket: Whether to save packets of WebSocket connections only.
    ///   - secrets: Secrets to save with them, each connection's before its packets; nil for none.
    /// - Throws: The message for the user.
    init(
        path: String, descriptor: Int32?, source: PacketSource, onlyWebSocket: Bool, secrets: SecretStore?
    ) throws(Privileges.Failure) {
        name = nameOfOutput(path)
        do throws(PacketFileError) {
            if let descriptor { truncate(descriptor, of: path) }
            file = try PacketFileWriter(descriptor: descriptor, format: PacketFileFormat(path: path), source: source)
        } catch {
            let reason =
                switch error {
                case .closedPipe: ""
                case .cannotWrite(let reason): ": \(reason)"
                }
            throw Privileges.Failure(message: "\(name): cannot be written\(reason)")
        }
        if onlyWebSocket { selection = WebSocketSelection(secrets: secrets) }
    }

    /// Whether nothing more can be written.
    var hasFailed: Bool { problem != nil || isClosed }

    /// Takes a packet that has been analysed.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - pipeline: The analysis.
    ///   - announced: The connections that got their number with it.
    mutating func take(
        _ packet: borrowing CapturedPacket, _ pipeline: inout Pipeline, announced: [AnnouncedConnection]
    ) {
        if selection == nil {
            file.append(packet)
        } else {
            selection?.take(packet, pipeline.latestPacket(), announced: announced, to: &file)
        }
        if file.isFull { flush() }
    }

    /// Writes the waiting packets of connections that got their number without a packet of theirs.
    mutating func release(_ announced: [AnnouncedConnection]) {
        selection?.finish(announced: announced, to: &file)
    }

    /// Writes what waits.
    mutating func flush() {
        do throws(PacketFileError) {
            try file.flush()
        } catch {
            record(error)
        }
    }

    /// Ends the file with the interface's drop counts.
    mutating func finish(_ statistics: LiveStatistics) {
        do throws(PacketFileError) {
            try file.finish(statistics)
        } catch {
            record(error)
        }
        if let dropped = selection?.droppedPackets, dropped > 0, problem == nil {
            complain(
                "\(TerminalText.safe(name)): up to \(dropped) packets from before upgrades are missing, because too many waited"
            )
        }
    }

    private mutating func record(_ error: PacketFileError) {
        switch error {
        case .closedPipe: isClosed = true
        case .cannotWrite(let reason):
            if problem == nil { problem = "\(name): cannot be written any further: \(reason)" }
        }
    }
}

/// Picks the packets of WebSocket connections, including those before the upgrade (`--write-websocket-only`).
///
/// A connection's packets wait until it has a number in the trace, or can no longer get one. How much waits is bounded:
/// ``PacketCapture/HeldPackets``.
struct WebSocketSelection {
    /// The secrets to write; nil for none.
    let secrets: SecretStore?
    private var held = HeldPackets<ConnectionEnds>()
    /// Connections that have a number: packets after their end belong to them too.
    private var numbered: Set<ConnectionEnds> = []
    /// The same, in the order in which they got it; some may have left the set.
    private var order: [ConnectionEnds] = []

    /// How many ended connections are remembered for their last packets.
    private static let memory = 65_536

    init(secrets: SecretStore?) {
        self.secrets = secrets
    }

    /// How many packets were dropped because too many waited.
    var droppedPackets: UInt64 { held.droppedPackets }

    /// Writes a packet, holds it until its connection is decided, or drops it.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - standing: What the analysis knows about it.
    ///   - announced: The connections that got their number with this packet.
    ///   - file: Where to write.
    mutating func take(
        _ packet: borrowing CapturedPacket, _ standing: PacketStanding, announced: [AnnouncedConnection],
        to file: inout PacketFileWriter
    ) {
        for connection in announced {
            remember(connection.ends)
            release(connection, to: &file)
        }
        switch standing {
        case .segment(let ends, .undecided):
            numbered.remove(ends)
            held.hold(packet, of: ends)
        case .segment(let ends, .webSocket):
            release(ends, to: &file)
            file.append(packet)
        case .segment(let ends, .nothing):
            if numbered.contains(ends) { file.append(packet) } else { _ = held.take(ends) }
        // It may belong to a WebSocket connection, which only the complete datagram shows.
        case .fragment: file.append(packet)
        case .other: break
        }
    }

    /// Writes the waiting packets of connections that got their number when the capture ended.
    mutating func finish(announced: [AnnouncedConnection], to file: inout PacketFileWriter) {
        for connection in announced { release(connection, to: &file) }
    }

    /// Writes what decrypts a connection, and its waiting packets.
    private mutating func release(_ connection: AnnouncedConnection, to file: inout PacketFileWriter) {
        if let secrets, let random = connection.clientRandom {
            file.append(keyLog: secrets.keyLog(of: random, at: .max))
        }
        release(connection.ends, to: &file)
    }

    private mutating func release(_ ends: ConnectionEnds, to file: inout PacketFileWriter) {
        for packet in held.take(ends) { file.append(packet) }
    }

    private mutating func remember(_ ends: ConnectionEnds) {
        guard numbered.insert(ends).inserted else { return }
        order.append(ends)
        guard order.count > 2 * Self.memory else { return }
        for old in order[..<Self.memory] { numbered.remove(old) }
        order.removeFirst(Self.memory)
    }
}
