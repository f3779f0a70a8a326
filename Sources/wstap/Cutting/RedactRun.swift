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
    var replacesAddresses: Bool

    func run() throws {
        try input.refuse(output: path)
        try input.refuse(output: reportPath, option: "--report")
        if let reportPath, willBeSameFile(reportPath, path) {
            throw ValidationError("--report and -o must be two files")
        }
        let (selected, status) = try input.select(for: "wstap redact")
        let addresses = replacesAddresses ? AddressPseudonyms(key: Self.newKey()) : nil
        var plan = RedactionPlan(
            for: selected, keepsKeys: keepsKeys, pseudonyms: Pseudonyms(key: Self.newKey()), addresses: addresses,
            store: SpoolFile(beside: path), memory: input.memory.redaction)
        try learn(&plan)
        if let failure = plan.failure { throw Self.failed(failure) }
        var file = try CutFile(path: path, comment: selected.part?.text)
        let leftOut = try write(&plan, selected, HeaderScrub(addresses: addresses), to: &file)
        // What could not be read back was filled in, so the file is not what it should be.
        if let failure = plan.failure { throw Self.failed(failure) }
        let count = file.packets.packetCount
        try file.finish()
        let report = RedactReport(
            totals: plan.totals, selected: selected, packetCount: count, omissions: leftOut, path: path,
            keepsKeys: keepsKeys, replacesAddresses: replacesAddresses)
        try report.write(to: reportPath, isQuiet: input.messages.quiet)
        if status != .success { throw status }
    }

    private static func newKey() -> (UInt64, UInt64) {
        (.random(in: .min ... .max), .random(in: .min ... .max))
    }

    private static func failed(_ reason: String) -> ExitCode {
        complain(TerminalText.safe(reason))
        return ExitCode(ExitStatus.nothingRead)
    }

    /// Follows the sessions to learn what replaces their bytes.
    private func learn(_ plan: inout RedactionPlan<SpoolFile>) throws {
        var options = try input.options(holding: input.memory.redaction)
        options.demand = RedactionPlan<SpoolFile>.demand
        var pipeline = Pipeline(options: options)
        try input.eachPacket { packet, _, _ in pipeline.receive(packet, into: &plan) }
        pipeline.finish(into: &plan)
    }

    /// Writes the redacted packets.
    ///
    /// - Returns: What was left out.
    private func write(
        _ plan: inout RedactionPlan<SpoolFile>, _ selected: SelectedConnections, _ headers: HeaderScrub,
        to file: inout CutFile
    ) throws -> RedactReport.Omissions {
        var options = try input.options(holding: input.memory.redaction)
        options.demand = RedactionPlan<SpoolFile>.demand
        var pipeline = Pipeline(options: options)
        var headers = headers
        var events = NoEvents()
        var packets = RedactedPackets()
        try input.eachPacket { packet, _, _ in
            pipeline.receive(packet, into: &events)
            switch pipeline.latestOwner() {
            case .segment(let owner):
                let record = selected.wanted(owner, packet: packet.number).flatMap {
                    selected.connections[$0]?.isEncrypted == true ? nil : $0
                }
                if pipeline.isLatestFragment {
                    packets.append(lastFragment: packet, owner, record, of: &pipeline, &plan, &headers)
                } else if let record {
                    packets.append(packet, owner, record, &plan, &headers)
                }
            case .fragment: packets.queue.append(fragment: packet, at: pipeline.latestFragmentPlaces)
            case .datagram, .other:
                if pipeline.isLatestFragment { packets.queue.settle(pipeline.latestFragmentPlaces, owner: nil) }
            }
            packets.write(before: packet.time, to: &file)
            try file.advance()
        }
        packets.write(before: nil, to: &file)
        packets.leftOut.fragments &+= packets.queue.abandonedFragments
        return packets.leftOut
    }
}
