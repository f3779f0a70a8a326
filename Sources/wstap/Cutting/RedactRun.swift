import ArgumentParser
import CaptureAnalysis
import CaptureCutting
import PacketCapture
import PacketDecoding
import ParallelAnalysis
import TraceOutput
import WireFormat

/// A run of `wstap redact`.
struct RedactRun {
    var input: SessionInput
    var path: String
    var reportPath: String?
    var keepsKeys: Bool

    /// What a packet belongs to.
    private struct Owner: Sendable {
        var segment: SegmentOwner
    }

    func run() throws {
        try input.refuse(output: path)
        let (selected, status) = try input.select(for: "wstap redact")
        var plan = RedactionPlan(
            for: selected, keepsKeys: keepsKeys, key: .random(in: .min ... .max), store: SpoolFile(beside: path))
        try learn(&plan)
        let part = selected.start.map {
            CapturePart(first: $0, last: selected.end, packetCount: selected.lastPacket, keepsNumbers: false)
        }
        var file = try CutFile(path: path, comment: part?.text)
        let leftOut = try write(&plan, selected, to: &file)
        if let failure = plan.failure {
            complain(TerminalText.safe(failure))
            throw ExitCode(ExitStatus.nothingRead)
        }
        let count = file.packets.packetCount
        try file.finish()
        try report(plan.totals, selected, packets: count, fragments: leftOut)
        if status != .success { throw status }
    }

    /// Follows the sessions to learn what is to stand in place of their bytes.
    private func learn(_ plan: inout RedactionPlan<SpoolFile>) throws {
        var options = try input.options()
        options.demand = RedactionPlan<SpoolFile>.demand
        var pipeline = Pipeline(options: options)
        _ = try input.eachPacket { packet, _ in pipeline.receive(packet, into: &plan) }
        pipeline.finish(into: &plan)
    }

    /// Writes the packets; returns how many fragments were left out.
    private func write(
        _ plan: inout RedactionPlan<SpoolFile>, _ selected: SelectedConnections, to file: inout CutFile
    ) throws -> UInt64 {
        var options = try input.options()
        options.demand = RedactionPlan<SpoolFile>.demand
        var pipeline = Pipeline(options: options)
        var events = NoEvents()
        var queue = PacketQueue<UInt64>()
        var leftOut: UInt64 = 0
        _ = try input.eachPacket { packet, _ in
            pipeline.receive(packet, into: &events)
            switch pipeline.latestOwner() {
            case .segment(let owner):
                let record = selected.wanted(owner, packet: packet.number).flatMap {
                    selected.connections[$0]?.isEncrypted == true ? nil : $0
                }
                if pipeline.isLatestFragment {
                    let places = pipeline.latestFragmentPlaces
                    guard let record, owner.isReassembled, places.count == 1 else {
                        queue.settle(places, owner: nil)
                        if record != nil { leftOut &+= 1 }
                        break
                    }
                    var datagram = pipeline.latestDatagram
                    redact(&datagram, owner, record, &plan)
                    queue.append(fragment: packet, at: places)
                    queue.settle(places, owner: record) { entry in
                        entry.replacePayload(by: datagram, isIPv6: owner.segment.source.address.isIPv6)
                    }
                    break
                }
                guard let record else { break }
                var held = HeldPacket(packet)
                redact(&held.bytes, owner, record, &plan)
                // What follows the segment: padding, which may be anything.
                for index in owner.segment.payload.upperBound..<held.bytes.count { held.bytes[index] = 0 }
                held.interfaceName = []
                queue.append(held, number: packet.number, of: record)
            case .fragment: queue.append(fragment: packet, at: pipeline.latestFragmentPlaces)
            case .datagram, .other:
                if pipeline.isLatestFragment { queue.settle(pipeline.latestFragmentPlaces, owner: nil) }
            }
            while let entry = queue.next(at: packet.time) { file.packets.append(entry.packet) }
            try file.advance()
        }
        while let entry = queue.next(at: nil) { file.packets.append(entry.packet) }
        return leftOut &+ queue.abandonedFragments
    }

    /// Redacts a segment in what it was found in.
    private func redact(
        _ bytes: inout [UInt8], _ owner: SegmentOwner, _ record: UInt64, _ plan: inout RedactionPlan<SpoolFile>
    ) {
        let isRight = owner.segment.checksumStatus(in: bytes.span) == .right
        plan.redact(
            &bytes, owner.segment.payload, at: owner.streamOffset, of: record, from: owner.direction)
        if isRight { SegmentChecksum.write(owner.segment, in: &bytes) }
    }

    private func report(
        _ totals: RedactionTotals, _ selected: SelectedConnections, packets: UInt64, fragments: UInt64
    ) throws {
        let encrypted = selected.connections.values.count { $0.isEncrypted }
        var lines = [
            "\(packets) packets of \(selected.connections.count - encrypted) connections written to \(path)",
            "replaced: payloads of \(totals.messages) messages and \(totals.controlPayloads) control frames; query values, "
                + "and values of all but harmless fields, in heads of HTTP",
            "kept: addresses, ports, host names, paths, names of fields and query parameters, times and lengths"
                + (keepsKeys ? ", keys of JSON" : ""),
        ]
        if totals.recompressed > 0 {
            lines.append(
                "\(totals.recompressed) compressed messages are compressed anew"
                    + (totals.reshaped > 0 ? ", \(totals.reshaped) of them without the shape of their text" : ""))
        }
        if totals.undecodable > 0 {
            lines.append("\(totals.undecodable) compressed messages do not inflate any more, or did not before")
        }
        if encrypted > 0 {
            lines.append("left out: \(encrypted) encrypted connections, whose bytes cannot be replaced")
        }
        if fragments > 0 { lines.append("left out: \(fragments) fragments of datagrams") }
        lines.append("left out: everything that is not WebSocket, names of interfaces, comments and secrets")
        guard let reportPath else {
            if !input.messages.quiet { for line in lines { complain(TerminalText.safe(line)) } }
            return
        }
        let descriptor = openForWriting(reportPath, flags: O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
        let code = descriptor < 0 ? errno : writeWhole(lines.map { $0 + "\n" }.joined(), to: descriptor)
        if descriptor >= 0 { close(descriptor) }
        guard code == 0 else {
            complain(TerminalText.safe("\(reportPath): \(String(cString: strerror(code)))"))
            throw ExitCode(ExitStatus.nothingRead)
        }
    }
}
