import PacketDecoding
import TestSupport
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("Memory that segments of a connection touch")
struct HotBytesTests {
    @Test("The fields that the fast path touches lie in the bytes that are prefetched")
    func connection() {
        let connection = UnsafeMutablePointer<TCPConnection>.allocate(capacity: 1)
        connection.initialize(to: TCPConnection(TCPSegment(), time: Timestamp(nanoseconds: 0)))
        defer {
            connection.deinitialize(count: 1)
            connection.deallocate()
        }
        let (head, second) = TCPConnection.hotBytes
        let streams = bytes(of: &connection.pointee.streams, in: connection)
        let stride = MemoryLayout<TCPStream>.stride
        #expect(streams.count == 2 * stride)
        #expect(head == 0..<(streams.lowerBound + TCPStream.hotByteCount))
        #expect(second.lowerBound == streams.lowerBound + stride && second.count == TCPStream.hotByteCount)
        let fields = [
            bytes(of: &connection.pointee.slowPathReasons, in: connection),
            bytes(of: &connection.pointee.checksums, in: connection),
            bytes(of: &connection.pointee.hopLimits, in: connection),
            bytes(of: &connection.pointee.tunnels, in: connection),
            bytes(of: &connection.pointee.lastTime, in: connection),
            bytes(of: &connection.pointee.packets, in: connection),
        ]
        for field in fields { #expect(field.upperBound <= streams.lowerBound) }
    }

    @Test("The fields of a stream that it touches do so too")
    func stream() {
        let stream = UnsafeMutablePointer<TCPStream>.allocate(capacity: 1)
        stream.initialize(to: TCPStream())
        defer {
            stream.deinitialize(count: 1)
            stream.deallocate()
        }
        let fields = [
            bytes(of: &stream.pointee.firstSequence, in: stream), bytes(of: &stream.pointee.isPaused, in: stream),
            bytes(of: &stream.pointee.window, in: stream), bytes(of: &stream.pointee.nextOffset, in: stream),
            bytes(of: &stream.pointee.seenOffset, in: stream),
            bytes(of: &stream.pointee.acknowledgedOffset, in: stream),
            bytes(of: &stream.pointee.usualEnd, in: stream), bytes(of: &stream.pointee.held, in: stream),
            bytes(of: &stream.pointee.recent, in: stream),
        ]
        #expect(fields.map(\.lowerBound).min() == 0)
        #expect(fields.map(\.upperBound).max() == TCPStream.hotByteCount)
    }
}
