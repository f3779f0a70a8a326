import TestSupport
import Testing
import WebSocketProtocol

@testable import CaptureAnalysis

@Suite("Memory that frames of a session touch")
struct HotBytesTests {
    @Test("The fields that every frame touches lie in the bytes that are prefetched")
    func stream() {
        let stream = UnsafeMutablePointer<SessionStream>.allocate(capacity: 1)
        stream.initialize(
            to: SessionStream(
                sender: .client, streamOffset: 0, extensions: nil, options: AnalysisOptions(), isCarried: false))
        defer {
            stream.deinitialize(count: 1)
            stream.deallocate()
        }
        let (counts, decoder) = SessionStream.hotBytes
        // Of what is counted, all that text and binary frames add to.
        let traffic = bytes(of: &stream.pointee.traffic, in: stream).lowerBound
        let opcodes = traffic + MemoryLayout<SessionEnd.Traffic>.offset(of: \.framesByOpcode)!
        let fields = [
            bytes(of: &stream.pointee.search, in: stream), bytes(of: &stream.pointee.isInferred, in: stream),
            bytes(of: &stream.pointee.messageFirstPacket, in: stream), bytes(of: &stream.pointee.fragment, in: stream),
            traffic..<(opcodes + 3 * MemoryLayout<UInt64>.size),
        ]
        #expect(counts.lowerBound == fields.map(\.lowerBound).min())
        #expect(counts.upperBound == fields.map(\.upperBound).max())
        let start = bytes(of: &stream.pointee.decoder, in: stream).lowerBound
        #expect(decoder == (start + WebSocketStream.hotBytes.lowerBound)..<(start + WebSocketStream.hotBytes.upperBound))
    }
}
