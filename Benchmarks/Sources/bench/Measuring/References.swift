import BenchmarkStages
import GeneratedCaptures
import LibpcapFloor
import ZlibFloor

/// References for stages, none of them in Swift.
enum References {
    /// Reads all packets through libpcap.
    static func libpcap(_ capture: CaptureOnDisk) throws {
        var totals = libpcap_floor_totals()
        var error = [CChar](repeating: 0, count: 256)
        guard libpcap_floor_read(capture.path, &totals, &error) == 0 else {
            throw WrongCount(description: "libpcap cannot read \(capture.path)")
        }
        try WrongCount.check("packets of libpcap", totals.packets, is: capture.truth.packets)
    }

    /// Inflates the messages of a stream through zlib.
    @Sendable static func zlib(_ stream: GeneratedStream) throws {
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
