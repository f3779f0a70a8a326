import Foundation
import PacketCapture
import TestSupport
import Testing
import WireFormat

/// A pipe or a socket pair, closed with its owner.
private final class Pipe {
    private let reading: Int32
    private var writing: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0)
        (reading, writing) = (ends[0], ends[1])
    }

    #if os(Linux)
        /// A connection on which each read returns what one write sent.
        init(ofMessages: ()) {
            var ends: [Int32] = [-1, -1]
            precondition(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
            (reading, writing) = (ends[0], ends[1])
        }
    #endif

    deinit {
        close(reading)
        closeWriting()
    }

    /// A name under which the reading end can be opened again.
    var path: String { "/dev/fd/\(reading)" }

    func write(_ bytes: some Collection<UInt8>) {
        FileHandle(fileDescriptor: writing, closeOnDealloc: false).write(Data(bytes))
    }

    func closeWriting() {
        if writing >= 0 {
            close(writing)
            writing = -1
        }
    }

    /// Makes the reading end standard input during `body`.
    func withStandardInput<Result: ~Copyable>(_ body: () throws -> Result) rethrows -> Result {
        let original = dup(STDIN_FILENO)
        dup2(reading, STDIN_FILENO)
        defer {
            dup2(original, STDIN_FILENO)
            close(original)
        }
        return try body()
    }
}

/// Everything in one thread: a reader that waited for more than was written would wait forever.
@Suite(.serialized, .timeLimit(.minutes(30))) struct PipeTests {
    @Test("a packet is returned as soon as its bytes are written")
    func pcapAtOnce() throws {
        let pipe = Pipe()
        var pcap = PcapBuilder()
        pipe.write(pcap.bytes)
        var file = try CaptureFile(path: pipe.path)
        #expect(file.isLive == true)
        #expect(file.byteCount == nil)
        for length in [0, 1, 100, 30_000] {
            let written = pcap.bytes.count
            pcap.append([UInt8](repeating: 7, count: length))
            pipe.write(pcap.bytes[written...])
            #expect(try file.next()?.bytes.count == length)
        }
        pipe.closeWriting()
        #expect(try file.next()?.number == nil)
        #expect(file.bytesRead == 24 + 4 * 16 + 30_101)
    }

    @Test("a pcapng packet is returned as soon as its block is written")
    func pcapngAtOnce() throws {
        let pipe = Pipe()
        var pcapng = PcapngBuilder()
        pcapng.appendInterface()
        pipe.write(pcapng.bytes)
        var file = try CaptureFile(path: pipe.path)
        for length in [0, 1, 100, 30_000] {
            let written = pcapng.bytes.count
            pcapng.append([UInt8](repeating: 7, count: length))
            pipe.write(pcapng.bytes[written...])
            #expect(try file.next()?.bytes.count == length)
        }
    }

    @Test("a compressed packet is returned as soon as its frame is written", arguments: Compression.allCases)
    func compressedAtOnce(compression: Compression) throws {
        let pipe = Pipe()
        var pcap = PcapBuilder()
        pipe.write(compression.pack(pcap.bytes))
        var file = try CaptureFile(path: pipe.path)
        #expect(file.isLive == true)
        for length in [0, 1, 100, 30_000] {
            let written = pcap.bytes.count
            pcap.append([UInt8](repeating: 7, count: length))
            pipe.write(compression.pack([UInt8](pcap.bytes[written...])))
            #expect(try file.next()?.bytes.count == length)
        }
        pipe.closeWriting()
        #expect(try file.next()?.number == nil)
    }

    @Test("a merged capture of one pipe does not read ahead")
    func noReadAhead() throws {
        let pipe = Pipe()
        var pcap = PcapBuilder()
        pipe.write(pcap.bytes)
        var capture = try MergedCapture(paths: [pipe.path])
        #expect(capture.isLive == true)
        for number in 1...3 as ClosedRange<UInt64> {
            let written = pcap.bytes.count
            pcap.append([1, 2])
            pipe.write(pcap.bytes[written...])
            #expect(capture.next()?.number == number)
        }
    }

    #if os(Linux)
        @Test("bytes may arrive one at a time")
        func byteByByte() throws {
            let pipe = Pipe(ofMessages: ())
            var pcap = PcapBuilder()
            pcap.append([1, 2, 3])
            pcap.append([4])
            for byte in pcap.bytes {
                pipe.write([byte])
            }
            var file = try pipe.withStandardInput { try CaptureFile(path: "-") }
            #expect(file.isLive == true)
            #expect(try file.next()?.bytes.count == 3)
            #expect(try file.next()?.bytes.count == 1)
            pipe.closeWriting()
            #expect(try file.next()?.number == nil)
        }
    #endif

    @Test("errors in pipes name the packet, and the byte if it can be counted")
    func brokenPipes() throws {
        for (broken, message) in [
            (BrokenFile.damaged { $0.append([3], claiming: .max) }, "damaged inside packet 3, at byte 216: "),
            ([UInt8](BrokenFile.pcap.bytes.dropLast(1)), "cut short inside packet 2"),
            ([], "is empty"),
            ([1, 2, 3, 4, 5], "is not a capture file"),
        ] {
            let pipe = Pipe()
            pipe.write(broken)
            pipe.closeWriting()
            let (_, problems) = try pipe.withStandardInput { try readAll(merging: ["-"]) }
            #expect(problems.count == 1)
            #expect(problems.first?.hasPrefix("standard input: " + message) == true)
        }
    }

    @Test("standard input is read, and left open")
    func standardInput() throws {
        let pipe = Pipe()
        pipe.write(BrokenFile.pcap.bytes)
        pipe.closeWriting()
        try pipe.withStandardInput {
            let (packets, problems) = try readAll(merging: ["-"])
            #expect(packets.map(\.bytes.count) == [100, 60])
            #expect(problems.isEmpty)
            #expect(fcntl(STDIN_FILENO, F_GETFD) >= 0)
        }
    }

    @Test("standard input can be named once")
    func standardInputTwice() throws {
        let error = try #require(throws: CaptureError.self) { _ = try MergedCapture(paths: ["-", "a", "-"]) }
        #expect(error.kind == .repeatedStandardInput)
        #expect(error.description == "standard input: can be read only once")
    }

    @Test("a pipe and a file are merged by time")
    func pipeAndFile() throws {
        let folder = try ScratchFolder()
        var early = PcapBuilder()
        early.append([1], seconds: 1)
        early.append([3], seconds: 3)
        var late = PcapBuilder()
        late.append([2], seconds: 2)
        late.append([4], seconds: 4)
        let pipe = Pipe()
        pipe.write(late.bytes)
        pipe.closeWriting()
        let (packets, problems) = try readAll(merging: [pipe.path, folder.write("early.pcap", early.bytes)])
        #expect(packets.map(\.bytes) == [[1], [2], [3], [4]])
        #expect(problems.isEmpty)
    }
}
