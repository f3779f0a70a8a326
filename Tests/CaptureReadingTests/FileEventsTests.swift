import CaptureAnalysis
import CaptureReading
import Foundation
import PacketCapture
import TestSupport
import Testing

@Suite("The events of files, asynchronously")
struct FileEventsTests {
    @Test("are those that a reader returns")
    func same() async throws {
        let path = try Fixture.named("chat").capture.path
        let expected = try EventReader(paths: [path]).map { "\($0.event) \($0.payload)" }
        var found: [String] = []
        for try await entry in FileEvents(paths: [path]) { found.append("\(entry.event) \(entry.payload)") }
        #expect(!found.isEmpty && found == expected)
    }

    @Test("come first, then the error of a missing file")
    func missing() async throws {
        let path = try Fixture.named("chat").capture.path
        var messages = 0
        let error = await #expect(throws: CaptureError.self) {
            for try await entry in FileEvents(paths: ["/nonexistent/chat.pcap", path]) {
                if case .message = entry.event { messages += 1 }
            }
        }
        #expect("\(try #require(error))".contains("/nonexistent/chat.pcap"))
        #expect(messages == (try Fixture.named("chat").expectation.connections.flatMap(\.messages).count))
    }

    @Test("end when their task is cancelled")
    func cancelled() async throws {
        let path = try Fixture.named("chat").capture.path
        let task = Task {
            var count = 0
            for try await _ in FileEvents(paths: [path]) {
                count += 1
                withUnsafeCurrentTask { $0?.cancel() }
            }
            return count
        }
        #expect(try await task.value == 1)
    }
}
