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
        var keys = RedactionKeys(Self.newKey())
        var attempts = Attempts(packets: selected.lastPacket)
        while true {
            var copy = try redact(selected, keys, addresses)
            let difference = try check(&copy, selected)
            if let searched = difference?.searched, attempts.areWorthwhile(after: searched.count) {
                keys.change(for: searched, Self.newKey)
                continue
            }
            let count = copy.file.packets.packetCount
            try copy.file.finish()
            let report = RedactReport(
                totals: copy.totals, selected: selected, packetCount: count, omissions: copy.packets.leftOut,
                changedConnections: difference?.connections, path: path, keepsKeys: keepsKeys,
                replacesAddresses: replacesAddresses)
            try report.write(to: reportPath, isQuiet: input.messages.quiet)
            if status != .success { throw status }
            return
        }
    }

    private static func newKey() -> (UInt64, UInt64) {
        (.random(in: .min ... .max), .random(in: .min ... .max))
    }

    private static func failed(_ reason: String) -> ExitCode {
        complain(TerminalText.safe(reason))
        return ExitCode(ExitStatus.nothingRead)
    }

    /// Writes a redacted copy, without its name.
    private func redact(
        _ selected: SelectedConnections, _ keys: RedactionKeys, _ addresses: AddressPseudonyms?
    ) throws -> RedactedCopy {
        var plan = RedactionPlan(
            for: selected, keepsKeys: keepsKeys, keys: keys, addresses: addresses, store: SpoolFile(beside: path),
            memory: input.memory.redaction)
        try learn(&plan, selected)
        if let failure = plan.failure { throw Self.failed(failure) }
        var part = selected.part
        part?.mayHaveSecrets = false
        var file = try CutFile(path: path, comment: part?.text)
        let packets = try write(&plan, selected, HeaderScrub(addresses: addresses), to: &file)
        // What could not be read back was filled in, so the file is not what it should be.
        if let failure = plan.failure { throw Self.failed(failure) }
        return RedactedCopy(file: file, packets: packets, totals: plan.totals, digest: plan.digest)
    }

    /// The options of all passes; sessions that do not end are open at the end of the whole capture, in the copy too.
    private func options(_ selected: SelectedConnections) throws -> AnalysisOptions {
        var options = try input.options(holding: input.memory.redaction)
        options.demand = RedactionPlan<SpoolFile>.demand
        options.whole = selected.span
        return options
    }

    /// Compares the trace of a copy with that of the original.
    ///
    /// - Returns: Where they differ; nil if the copy cannot be read.
    private func check(
        _ copy: inout RedactedCopy, _ selected: SelectedConnections
    ) throws -> TraceDigest.Difference? {
        guard let path = copy.file.readablePath else { return nil }
        try copy.file.flush()
        var reading = input
        reading.files = [path]
        reading.packetFilter = nil
        var options = try options(selected)
        options.demand.includesUnframedBytes = false
        var pipeline = Pipeline(options: options)
        var found = CopyDigest()
        if copy.file.packets.packetCount > 0 {
            try reading.eachPacket { packet, _, _ in pipeline.receive(packet, into: &found) }
        }
        pipeline.finish(into: &found)
        return copy.digest.difference(from: found.digest, copy.packets.firstNumbers)
    }

    /// Follows the sessions to learn what replaces their bytes.
    private func learn(_ plan: inout RedactionPlan<SpoolFile>, _ selected: SelectedConnections) throws {
        var pipeline = Pipeline(options: try options(selected))
        try input.eachPacket { packet, _, _ in pipeline.receive(packet, into: &plan) }
        pipeline.finish(into: &plan)
    }

    /// Writes the redacted packets.
    ///
    /// - Returns: Where they are, and what was left out.
    private func write(
        _ plan: inout RedactionPlan<SpoolFile>, _ selected: SelectedConnections, _ headers: HeaderScrub,
        to file: inout CutFile
    ) throws -> RedactedPackets {
        var pipeline = Pipeline(options: try options(selected))
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
        return packets
    }
}

/// A redacted copy of a capture that has no name yet.
private struct RedactedCopy: ~Copyable {
    var file: CutFile
    /// Where its packets are, and what was left out.
    var packets: RedactedPackets
    var totals: RedactionTotals
    /// The trace of the original.
    var digest: TraceDigest
}

/// How often sessions are redacted with other keys until their trace is that of the original.
private struct Attempts {
    /// How many more there may be, and how many more without success.
    private var left: (all: UInt64, vain: Int)
    /// How many sessions differ.
    private var least = Int.max

    private static var vain: Int { 16 }

    /// - Parameter packets: How many packets there are: each attempt reads them twice.
    init(packets: UInt64) {
        left = (min(24, max(2, 4_000_000 / max(packets, 1))), Self.vain)
    }

    /// Counts an attempt.
    ///
    /// - Parameter differing: How many sessions still differ.
    /// - Returns: Whether another attempt may help.
    mutating func areWorthwhile(after differing: Int) -> Bool {
        left.all -= 1
        left.vain = differing < least ? Self.vain : left.vain - 1
        least = min(least, differing)
        return differing > 0 && left.all > 0 && left.vain > 0
    }
}
