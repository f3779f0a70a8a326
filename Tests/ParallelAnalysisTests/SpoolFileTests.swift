import TestSupport
import Testing

@testable import ParallelAnalysis
@testable import TraceOutput

@Suite("A spool file")
struct SpoolFileTests {
    private func read(_ count: Int, at offset: UInt64, from spool: inout SpoolFile) -> [UInt8] {
        var output = OutputBuffer(capacity: 64)
        spool.read(count, at: offset, into: &output)
        return output.withBytes { bytes in bytes.withUnsafeBufferPointer { Array($0) } }
    }

    @Test("returns what was appended and replaced, and leaves no name")
    func reading() throws {
        let folder = try ScratchFolder()
        var spool = SpoolFile(folder: folder.path("."))
        #expect(spool.append([1, 2, 3].span) == 0)
        let long = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(spool.append(long.span) == 3)
        spool.overwrite([9].span, at: 1)
        #expect(read(3, at: 0, from: &spool) == [1, 9, 3])
        #expect(read(100_000, at: 3, from: &spool) == long)
        #expect(try folder.names == [])
        spool.removeAll()
        #expect(spool.append([4].span) == 0)
        #expect(read(1, at: 0, from: &spool) == [4])
        #expect(spool.failure == nil)
    }

    @Test("reports what failed")
    func failing() throws {
        let folder = try ScratchFolder()
        var spool = SpoolFile(folder: folder.path("missing"))
        _ = spool.append([1].span)
        #expect(spool.failure?.hasPrefix("temporary file in \(folder.path("missing")): ") == true)
        #expect(read(1, at: 0, from: &spool) == [])
    }

    #if os(Linux)
        @Test("is in the system's folder for large files if its own may not be written to, even by root")
        func refused() throws {
            var spool = SpoolFile(folder: "/sys")
            #expect(spool.append([1, 2].span) == 0)
            #expect(read(2, at: 0, from: &spool) == [1, 2] && spool.failure == nil)
        }
    #endif

    @Test("fails where it ends")
    func end() throws {
        let folder = try ScratchFolder()
        var spool = SpoolFile(folder: folder.path("."))
        _ = spool.append([1].span)
        #expect(read(2, at: 0, from: &spool) == [1])
        #expect(spool.failure != nil)
    }
}
