import ArgumentParser
import CaptureAnalysis
import CaptureCutting
import PacketCapture
import TLSDecryption
import TraceOutput
import WireFormat

/// A run of `wstap cut` to one file.
struct CutRun {
    var input: SessionInput
    var path: String
    var writesSecrets: Bool

    func run() throws {
        try input.refuse(output: path)
        let (selected, status) = try input.select(
            for: "wstap cut", keeping: writesSecrets ? [.comments, .clientRandoms] : .comments)
        var part = selected.part
        part?.mayHaveSecrets = writesSecrets
        var file = try CutFile(path: path, comment: part?.text, isSecret: writesSecrets)
        let options = try input.options()
        var pipeline = Pipeline(options: options)
        var events = NoEvents()
        var queue = PacketQueue<UInt64>()
        // Writes the secrets that a connection's first packet needs before it; returns what is noted with that packet.
        func note(_ record: UInt64, _ kept: [UInt8]?) -> PacketNote {
            if writesSecrets, let secrets = options.secrets {
                for random in selected.takeClientRandoms(of: record) {
                    file.packets.append(keyLog: secrets.keyLog(of: random, at: .max))
                }
            }
            return PacketNote(comment: selected.takeComment(of: record), options: kept)
        }
        func writeSettled(at time: Timestamp?) {
            while let entry = queue.next(at: time) {
                guard let record = entry.owner else { continue }
                let note = note(record, entry.packet.options)
                file.packets.append(entry.packet, note: note)
            }
        }
        try input.eachPacket { packet, kept, _ in
            pipeline.receive(packet, into: &events)
            switch pipeline.latestOwner() {
            case .segment(let owner):
                let record = selected.wanted(owner, packet: packet.number)
                if pipeline.isLatestFragment { queue.settle(pipeline.latestFragmentPlaces, owner: record) }
                guard let record else { break }
                if queue.isEmpty {
                    let note = note(record, kept)
                    file.packets.append(packet, note: note)
                } else {
                    queue.append(packet, options: kept, of: record)
                }
            case .fragment:
                queue.append(fragment: packet, options: kept, at: pipeline.latestFragmentPlaces)
            case .datagram, .other:
                if pipeline.isLatestFragment { queue.settle(pipeline.latestFragmentPlaces, owner: nil) }
            }
            writeSettled(at: packet.time)
            try file.advance()
        }
        writeSettled(at: nil)
        let written = file.packets.packetCount
        try file.finish()
        if !input.messages.quiet { report(selected, packets: written) }
        input.report(abandonedFragments: queue.abandonedFragments)
        if status != .success { throw status }
    }

    /// Says on standard error what was written.
    private func report(_ selected: SelectedConnections, packets: UInt64) {
        let (connections, sessions) = (selected.connections.count, selected.sessionCount)
        complain(
            TerminalText.safe(
                "\(packets) packets of \(connections) \(connections == 1 ? "connection" : "connections") with "
                    + "\(sessions.wanted) of \(sessions.all) sessions written to \(nameOfOutput(path))"))
        if selected.uncommentedSessions > 0 {
            complain(
                "\(selected.uncommentedSessions) of these sessions are not named in comments, which would be too long")
        }
    }
}
