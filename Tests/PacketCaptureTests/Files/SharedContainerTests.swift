import Foundation
import PacketCapture
import TestSupport
import Testing
import WireFormat

/// A shared capture in an unusual container, and what tshark 4.0.17 reports of it.
struct SharedContainer: Sendable, CustomTestStringConvertible {
    var file: String
    var packets: UInt64
    var bytes: Int
    var firstTime: Int64
    var lastTime: Int64
    /// The numbers of packets by link type.
    var linkTypes: [LinkType: Int]
    var interface = ""
    var secretBytes: [Int] = []
    /// What follows the file's name in the message about it.
    var problem: String?

    var testDescription: String { file }

    init(
        _ file: String, _ packets: UInt64, _ bytes: Int, _ firstTime: Int64, _ lastTime: Int64,
        linkTypes: [LinkType: Int]? = nil, interface: String = "", secretBytes: [Int] = [], problem: String? = nil
    ) {
        self.file = file
        (self.packets, self.bytes, self.firstTime, self.lastTime) = (packets, bytes, firstTime, lastTime)
        self.linkTypes = linkTypes ?? [.ethernet: Int(packets)]
        (self.interface, self.secretBytes, self.problem) = (interface, secretBytes, problem)
    }

    static let all = [
        SharedContainer("cont-gz-a.pcap.gz", 223, 129_288, 1_795_191_650_633_011_000, 1_795_191_650_750_986_000),
        SharedContainer("cont-zst-a.pcap.zst", 223, 129_288, 1_795_191_650_633_011_000, 1_795_191_650_750_986_000),
        SharedContainer("cont-lz4-a.pcap.lz4", 223, 129_288, 1_795_191_650_633_011_000, 1_795_191_650_750_986_000),
        SharedContainer("cont-ng-gz-a.pcapng.gz", 102, 12_040, 1_795_191_709_528_869_000, 1_795_191_709_964_035_000),
        SharedContainer(
            "cont-gz-truncated-a.pcap.gz", 156, 94_481, 1_795_191_650_633_011_000, 1_795_191_650_700_718_000,
            problem: "cut short inside packet 157, at byte 98483 of the unpacked data (byte 37340 of the file)"),
        SharedContainer("cont-plain-a.pcapng", 102, 12_040, 1_795_191_709_528_869_000, 1_795_191_709_964_035_000),
        SharedContainer(
            "cont-ng-be-nsec-a.pcapng", 102, 12_040, 1_795_191_709_528_869_000, 1_795_191_709_964_035_000,
            interface: "if0"),
        SharedContainer(
            "cont-ng-tsoffset-pow2-a.pcapng", 102, 12_040, 1_795_191_709_528_868_675, 1_795_191_709_964_034_080,
            interface: "if0"),
        SharedContainer(
            "cont-ng-truncated-a.pcapng", 46, 6064, 1_795_191_709_528_869_000, 1_795_191_709_603_650_000,
            problem: "cut short inside packet 47, at byte 7779"),
        SharedContainer(
            "cont-multiif-a.pcapng", 545, 111_370, 1_795_191_572_083_532_000, 1_795_191_717_663_810_000,
            linkTypes: [.ethernet: 242, .linuxCooked2: 303]),
        SharedContainer(
            "cont-twosections-a.pcapng", 182, 21_404, 1_795_191_709_528_869_000, 1_795_191_719_618_858_000),
        SharedContainer(
            "cont-dsb-tls13-a.pcapng", 46, 102_818, 1_795_191_511_234_269_000, 1_795_191_511_298_124_000,
            secretBytes: [1556]),
        SharedContainer(
            "cont-dsb-be-a.pcapng", 46, 102_818, 1_795_191_511_234_269_000, 1_795_191_511_298_124_000,
            interface: "if0", secretBytes: [1556]),
        SharedContainer(
            "cont-dsb-tls12-a.pcapng", 47, 137_613, 1_795_191_519_940_208_000, 1_795_191_520_003_277_000,
            secretBytes: [352]),
    ]
}

@Suite(.enabled(if: Repository.sharedCaptures != nil, "../shared/captures is absent")) struct SharedContainerTests {
    @Test("a shared capture is read as tshark reads it", arguments: SharedContainer.all)
    func likeTshark(_ shared: SharedContainer) throws {
        let path = try #require(Repository.sharedCaptures).appending(path: shared.file).path
        var capture = try MergedCapture(paths: [path])
        var times: [Int64] = []
        var bytes = 0
        var linkTypes: [LinkType: Int] = [:]
        var interfaces: Set<String> = []
        while let packet = capture.next() {
            let seen = SeenPacket(packet)
            times.append(seen.nanoseconds)
            bytes += seen.bytes.count
            linkTypes[seen.linkType, default: 0] += 1
            interfaces.insert(seen.interface)
        }
        #expect(capture.packetCount == shared.packets)
        #expect(bytes == shared.bytes)
        #expect(times.first == shared.firstTime)
        #expect(times.last == shared.lastTime)
        #expect(linkTypes == shared.linkTypes)
        #expect(interfaces == [shared.interface])
        #expect(capture.secrets.map(\.bytes.count) == shared.secretBytes)
        #expect(capture.problems.map(\.description) == (shared.problem.map { ["\(path): \($0)"] } ?? []))
    }
}
