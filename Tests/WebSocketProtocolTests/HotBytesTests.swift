import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("Memory that the fast path of a stream touches")
struct HotBytesTests {
    @Test("The prefetched bytes are those of the fields that it reads and writes")
    func fields() {
        let stream = UnsafeMutablePointer<WebSocketStream>.allocate(capacity: 1)
        stream.initialize(to: StreamSetup().stream(demand: PayloadDemand(bytes: .max, includesFrames: true)))
        defer {
            stream.deinitialize(count: 1)
            stream.deallocate()
        }
        var fields: [String: Range<Int>] = [
            "hasSentClose": bytes(of: &stream.pointee.hasSentClose, in: stream),
            "lastMaskingKey": bytes(of: &stream.pointee.lastMaskingKey, in: stream),
            "streamOffset": bytes(of: &stream.pointee.streamOffset, in: stream),
            "origin": bytes(of: &stream.pointee.origin, in: stream),
            "frameCount": bytes(of: &stream.pointee.frameCount, in: stream),
            "limits.message": bytes(of: &stream.pointee.messages.limits.message, in: stream),
        ]
        // Its first byte shows whether a message has begun.
        let messages = bytes(of: &stream.pointee.messages, in: stream).lowerBound
        fields["messages"] = messages..<(messages + 1)
        for (name, field) in fields {
            #expect(WebSocketStream.hotBytes.contains(field), "\(name)")
        }
        #expect(WebSocketStream.hotBytes.upperBound == fields.values.map(\.upperBound).max())
        #expect(WebSocketStream.hotBytes.lowerBound == 0)
    }
}
