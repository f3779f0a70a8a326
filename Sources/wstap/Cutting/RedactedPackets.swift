import CaptureAnalysis
import CaptureCutting
import PacketCapture
import PacketDecoding
import ParallelAnalysis
import WireFormat

/// Redacted packets on their way to the file, and what is left out of it.
struct RedactedPackets {
    var queue = PacketQueue<UInt64>()
    var leftOut = RedactReport.Omissions()
    /// For each connection whose trace is compared, the number of its first packet in the file; 0 before that.
    private(set) var firstNumbers: [UInt64: UInt64] = [:]
    /// For streams with copies of delivered bytes that had other values, how many.
    private var conflictingRepeats: [Stream: UInt16] = [:]

    private struct Stream: Hashable {
        var record: UInt64
        var direction: Direction
    }

    /// Writes the packets that no older one has to wait for; `time` is the current packet's, nil at the end.
    mutating func write(before time: Timestamp?, to file: inout CutFile) {
        while let entry = queue.next(at: time) {
            file.packets.append(entry.packet)
            if entry.number == entry.owner, firstNumbers[entry.number] != nil {
                firstNumbers[entry.number] = file.packets.packetCount
            }
        }
    }

    /// Appends a packet without what its segment and headers reveal, unless its headers lead nowhere.
    mutating func append(
        _ packet: borrowing CapturedPacket, _ owner: SegmentOwner, _ record: UInt64,
        _ plan: inout RedactionPlan<SpoolFile>, _ headers: inout HeaderScrub
    ) {
        var held = HeldPacket(packet)
        let checksum = redact(&held.bytes, of: packet.number, owner, record, &plan)
        held.interfaceName = []
        let isShown = headers.scrub(
            &held.bytes, wireLength: held.originalLength, held.linkType, checksum: checksum)
        guard isShown else { return leftOut.packets &+= 1 }
        queue.append(held, number: packet.number, of: record)
    }

    /// Appends the fragment that completes a datagram, and decides what becomes of the others: they are shown redacted
    /// if all of the datagram can be, and its connection is wanted.
    ///
    /// - Parameters:
    ///   - packet: The fragment.
    ///   - owner: The segment in the datagram.
    ///   - record: Its connection; nil if that is not wanted.
    ///   - pipeline: What has put the datagram together.
    ///   - plan: What is to stand in place of the segment's bytes.
    ///   - headers: What is to stand in place of headers.
    mutating func append(
        lastFragment packet: borrowing CapturedPacket, _ owner: SegmentOwner, _ record: UInt64?,
        of pipeline: inout Pipeline, _ plan: inout RedactionPlan<SpoolFile>, _ headers: inout HeaderScrub
    ) {
        let places = pipeline.latestFragmentPlaces
        guard let record else { return queue.settle(places, owner: nil) }
        var datagram = pipeline.latestDatagram
        var isShown = false
        if owner.isReassembled, places.count == 1 {
            let checksum = redact(&datagram, of: packet.number, owner, record, &plan)
            isShown = pipeline.scrubDatagram(&datagram, with: &headers, checksum: checksum)
        }
        guard isShown else {
            queue.settle(places, owner: nil)
            leftOut.fragments &+= 1
            return
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
    }

    /// Redacts a segment in the bytes it was found in, and what follows it there, which may be anything.
    ///
    /// - Returns: The status of its checksum before that.
    private mutating func redact(
        _ bytes: inout [UInt8], of number: UInt64, _ owner: SegmentOwner, _ record: UInt64,
        _ plan: inout RedactionPlan<SpoolFile>
    ) -> ChecksumStatus {
        let status = owner.segment.checksumStatus(in: bytes.span)
        if number == record, plan.knows(record) { firstNumbers[record] = 0 }
        plan.redact(
            &bytes, owner.segment.payload, at: owner.streamOffset, of: record, from: owner.direction)
        if owner.conflictingRepeats != 0 {
            let stream = Stream(record: record, direction: owner.direction)
            let known = conflictingRepeats.updateValue(owner.conflictingRepeats, forKey: stream) ?? 0
            if known != owner.conflictingRepeats { plan.makeDifferent(&bytes, owner.segment.payload) }
        }
        for index in owner.segment.payload.upperBound..<bytes.count { bytes[index] = 0 }
        return status
    }
}
