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
        try input.eachPacket { packet, _ in pipeline.receive(packet, into: &plan) }
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
        var queue = PacketQueue<UInt64>()
        var leftOut = RedactReport.Omissions()
        try input.eachPacket { packet, _ in
            pipeline.receive(packet, into: &events)
            switch pipeline.latestOwner() {
            case .segment(let owner):
                let record = selected.wanted(owner, packet: packet.number).flatMap {
                    selected.connections[$0]?.isEncrypted == true ? nil : $0
                }
                if pipeline.isLatestFragment {
                    let places = pipeline.latestFragmentPlaces
                    var datagram = pipeline.latestDatagram
                    var isShown = false
                    if let record, owner.isReassembled, places.count == 1 {
                        let checksum = redact(&datagram, owner, record, &plan)
                        isShown = pipeline.scrubDatagram(&datagram, with: &headers, checksum: checksum)
                    }
                    guard let record, isShown else {
                        queue.settle(places, owner: nil)
                        if record != nil { leftOut.fragments &+= 1 }
                        break
                    }
                    queue.append(fragment: packet, at: places)
                    let payload = datagram.dropFirst(pipeline.latestDatagramPayload)
                    queue.settle(places, owner: record) { entry in
                        entry.replacePayload(by: payload)
                        let isShown = headers.scrub(
                            &entry.packet.bytes, wireLength: entry.packet.originalLength, entry.packet.linkType,
                            checksum: .unknown)
                        if !isShown { entry.owner = nil }
                    }
                    break
                }
                guard let record else { break }
                if let redacted = redacted(packet, owner, record, &plan, &headers) {
                    queue.append(redacted, number: packet.number, of: record)
                } else {
                    leftOut.packets &+= 1
                }
            case .fragment: queue.append(fragment: packet, at: pipeline.latestFragmentPlaces)
            case .datagram, .other:
                if pipeline.isLatestFragment { queue.settle(pipeline.latestFragmentPlaces, owner: nil) }
            }
            while let entry = queue.next(at: packet.time) { file.packets.append(entry.packet) }
            try file.advance()
        }
        while let entry = queue.next(at: nil) { file.packets.append(entry.packet) }
        leftOut.fragments &+= queue.abandonedFragments
        return leftOut
    }

    /// A packet without what its segment and headers reveal; nil if its headers lead nowhere.
    private func redacted(
        _ packet: borrowing CapturedPacket, _ owner: SegmentOwner, _ record: UInt64,
        _ plan: inout RedactionPlan<SpoolFile>, _ headers: inout HeaderScrub
    ) -> HeldPacket? {
        var held = HeldPacket(packet)
        let checksum = redact(&held.bytes, owner, record, &plan)
        held.interfaceName = []
        let isShown = headers.scrub(
            &held.bytes, wireLength: held.originalLength, held.linkType, checksum: checksum)
        return isShown ? held : nil
    }

    /// Redacts a segment in the bytes it was found in, and what follows it there, which may be anything.
    ///
    /// - Returns: The status of its checksum before that.
    private func redact(
        _ bytes: inout [UInt8], _ owner: SegmentOwner, _ record: UInt64, _ plan: inout RedactionPlan<SpoolFile>
    ) -> ChecksumStatus {
        let status = owner.segment.checksumStatus(in: bytes.span)
        plan.redact(
            &bytes, owner.segment.payload, at: owner.streamOffset, of: record, from: owner.direction)
        for index in owner.segment.payload.upperBound..<bytes.count { bytes[index] = 0 }
        return status
    }
}
