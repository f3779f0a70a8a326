import CaptureAnalysis
import CaptureCutting
import PacketCapture
import WireFormat

/// The files that connections are dealt to.
///
/// A comment in each one's section describes the whole set.
struct ShardFiles {
    private let files: [ShardFile]
    private var whole = CapturePart(
        first: Timestamp(nanoseconds: 0), last: Timestamp(nanoseconds: 0), packetCount: 0, keepsNumbers: true)
    /// What the input says about the capture that it is part of.
    private var inputPart: CapturePart?
    private var isEmpty = true
    private var secretCount = 0

    /// Begins the files.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - folder: Where.
    /// - Throws: The exit status, if one cannot be written.
    init(count: Int, in folder: String) throws {
        let comment = whole.text
        // 4 MiB together, so that what is written is still in the processor's cache.
        let bufferLength = max(16 << 10, min(256 << 10, (4 << 20) / count))
        files = try (0..<count).map { shard in
            try ShardFile(
                path: Self.name(shard, of: count, in: folder), comment: comment, bufferLength: bufferLength)
        }
    }

    /// Records a packet's place in the whole set, and writes to every file the secrets that precede it in the capture.
    mutating func pass(_ packet: borrowing CapturedPacket, of capture: borrowing MergedCapture) throws {
        if isEmpty {
            whole.first = packet.time
            inputPart = capture.part
            isEmpty = false
        }
        whole.last = packet.time
        whole.packetCount = packet.number
        if capture.secrets.count > secretCount { try append(capture.secrets) }
    }

    /// Writes a packet to one of the files.
    func append(_ packet: borrowing CapturedPacket, options: [UInt8]?, to place: ShardPlace) throws {
        try files[place.shard].append(packet, options: options, of: place.connection)
    }

    /// Writes a packet that waited to one of the files.
    func append(_ packet: HeldPacket, number: UInt64, to place: ShardPlace) throws {
        try files[place.shard].append(packet, number: number, of: place.connection)
    }

    /// Completes the files.
    ///
    /// - Parameters:
    ///   - secrets: All secrets of the capture.
    ///   - selected: The connections whose packets stay; nil if all were written without their connections.
    /// - Returns: How many packets they hold.
    /// - Throws: The exit status, if one cannot be written.
    mutating func finish(secrets: [CaptureSecrets], selected: SelectedConnections?) throws -> UInt64 {
        try append(secrets)
        if let inputPart {
            (whole.first, whole.last) = (inputPart.first, inputPart.last)
            if inputPart.keepsNumbers { whole.packetCount = inputPart.packetCount }
        }
        whole.mayHaveSecrets = !secrets.isEmpty
        for file in files {
            if let selected {
                if Interruption.isRequested { Interruption.endUnfinished() }
                try file.file.keepPackets { selected.isWanted(packet: $0, of: $1) }
            }
            try file.file.finish(comment: whole.text)
        }
        return files.reduce(0) { $0 + $1.file.packets.packetCount }
    }

    /// Writes the secrets that no file has yet.
    private mutating func append(_ secrets: [CaptureSecrets]) throws {
        for secrets in secrets.dropFirst(secretCount) {
            for file in files { try file.append(secrets) }
        }
        secretCount = max(secretCount, secrets.count)
    }

    private static func name(_ shard: Int, of count: Int, in folder: String) -> String {
        let (digits, width) = (String(shard), String(count - 1).count)
        return "\(folder)/shard-\(String(repeating: "0", count: width - digits.count))\(digits).pcapng"
    }
}

/// One of several files that are written together; a class, since arrays cannot hold noncopyable values.
private final class ShardFile {
    var file: CutFile

    init(path: String, comment: String, bufferLength: Int) throws {
        file = try CutFile(path: path, comment: comment, bufferLength: bufferLength)
    }

    /// Appends secrets, and writes them at once if they are long: each file has them, and there may be many files.
    func append(_ secrets: CaptureSecrets) throws {
        file.packets.append(secrets)
        try file.advance()
    }

    func append(_ packet: borrowing CapturedPacket, options: [UInt8]?, of connection: UInt64?) throws {
        file.packets.append(
            packet, note: PacketNote(number: packet.number, connection: connection, options: options))
        try file.advance()
    }

    func append(_ packet: HeldPacket, number: UInt64, of connection: UInt64?) throws {
        file.packets.append(
            packet, note: PacketNote(number: number, connection: connection, options: packet.options))
        try file.advance()
    }
}
