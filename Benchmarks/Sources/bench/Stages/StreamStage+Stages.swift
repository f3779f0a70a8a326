import GeneratedCaptures
import ZlibFloor

extension StreamStage {
    private static let byteCount = 32 << 20

    /// Short messages of a server whose payloads nobody asks for, beside a copy of the bytes.
    static var frames: StreamStage {
        let stream = GeneratedStream(
            .small, isFromClient: false, isCompressed: false, byteCount: byteCount, seed: 1)
        return StreamStage(
            name: "frames", referenceName: "copy", mostAllocations: 0.001, stream: stream, isFromClient: false,
            isCompressed: false, showsPayloads: false, reference: { copyAll($0.bytes, pieceLength: 1448) })
    }

    /// Binary messages of a client, beside a copy of the bytes.
    static var unmasking: StreamStage {
        var profile = CaptureProfile.bulk
        profile.messageLength = 4096...16_000
        profile.pings = 0
        let stream = GeneratedStream(
            profile, isFromClient: true, isCompressed: false, byteCount: byteCount, seed: 2)
        return StreamStage(
            name: "unmasking", referenceName: "copy", mostAllocations: 1.3, stream: stream, isFromClient: true,
            isCompressed: false, showsPayloads: true, pieceLength: 64 << 10,
            reference: { copyAll($0.bytes, pieceLength: 64 << 10) })
    }

    /// Compressed texts of a server, beside zlib alone.
    static var inflating: StreamStage {
        var profile = CaptureProfile.mixed
        profile.fragmentation = 0
        profile.pings = 0
        let stream = GeneratedStream(
            profile, isFromClient: false, isCompressed: true, byteCount: byteCount / 4, seed: 3)
        return StreamStage(
            name: "inflating", referenceName: "zlib", mostAllocations: 2, stream: stream, isFromClient: false,
            isCompressed: true, showsPayloads: true, reference: inflateAll)
    }

    @Sendable private static func inflateAll(_ stream: GeneratedStream) throws {
        guard let floor = zlib_floor_open() else { throw WrongCount(description: "no memory for zlib") }
        defer { zlib_floor_close(floor) }
        var total: UInt64 = 0
        try stream.bytes.withUnsafeBufferPointer { bytes in
            for payload in stream.payloads {
                let part = bytes[payload]
                let count = zlib_floor_inflate(floor, UnsafeBufferPointer(rebasing: part).baseAddress, part.count)
                guard count >= 0 else { throw WrongCount(description: "zlib cannot inflate a message") }
                total += UInt64(count)
            }
        }
        try WrongCount.check("bytes out of zlib", total, is: stream.truth.messageBytes)
    }
}

/// Copies bytes piece by piece to the same place.
@inline(never)
func copyAll(_ bytes: [UInt8], pieceLength: Int) {
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceLength, alignment: 64)
    defer { target.deallocate() }
    bytes.withUnsafeBytes { source in
        var start = 0
        while start < source.count {
            let end = min(source.count, start + pieceLength)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<end]))
            start = end
        }
    }
}
