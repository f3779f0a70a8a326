import Testing
import TraceOutput

@testable import CaptureAnalysis

@Suite("The losses of a live capture")
struct LossesTests {
    private func output(_ losses: CaptureLosses?, _ format: consuming some OutputFormat & ~Copyable) -> String {
        var summary = Summary()
        summary.losses = losses
        format.receive(
            .summary(summary), at: Samples.context(packet: 1, microseconds: 0, connection: 0), payload: Span())
        return format.output.withBytes { bytes in bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        }
    }

    private static let losses = CaptureLosses(droppedByKernel: 7, droppedByInterface: 2, undisplayedLines: 5)

    @Test("are in the trace's last line")
    func trace() {
        let line = output(Self.losses, JSONLinesFormat())
        #expect(line.contains(",\"dropped_by_kernel\":7,\"dropped_by_interface\":2,\"undisplayed_lines\":5}"))
        #expect(!output(nil, JSONLinesFormat()).contains("dropped_by"))
    }

    @Test("are in the summary")
    func page() {
        #expect(
            output(Self.losses, SummaryFormat(options: .init(width: 100, hasColor: false)))
                .contains("dropped      7 packets by the kernel, 2 by the interface; 5 lines not shown\n"))
        #expect(!output(nil, SummaryFormat(options: .init(width: 100, hasColor: false))).contains("dropped"))
    }
}
