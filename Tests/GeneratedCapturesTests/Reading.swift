import CZlib
import CaptureAnalysis
import GeneratedCaptures
import PacketCapture
import TLSDecryption
import TestSupport
import WebSocketProtocol
import WireFormat

/// What the analysis finds in a capture, in the form of the generator's truth.
struct Reading: EventSink {
    private(set) var client = CaptureTruth.Sent()
    private(set) var server = CaptureTruth.Sent()
    private(set) var summary: Summary?
    private(set) var rules: [String] = []

    /// Reads the bytes of a capture file; `secrets` are those of its TLS connections.
    init(_ capture: [UInt8], secrets: SecretStore? = nil) throws {
        let folder = try ScratchFolder()
        var merged = try MergedCapture(paths: [folder.write("capture.pcap", capture)])
        var options = AnalysisOptions()
        options.secrets = secrets
        var pipeline = Pipeline(options: options)
        while let packet = merged.next() { pipeline.receive(packet, into: &self) }
        pipeline.finish(into: &self)
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        switch event {
        case .frame(let frame):
            update(frame.from) {
                $0.frames[Int(frame.frame.header.opcode.rawValue)] += 1
                $0.framePayload += frame.frame.header.payloadLength
            }
        case .message(let message):
            let checksum = payload.withUnsafeBufferPointer { UInt64(crc32_z(0, $0.baseAddress, $0.count)) }
            update(message.from) {
                $0.messages += 1
                $0.compressedMessages += message.message.isCompressed ? 1 : 0
                $0.messageBytes += UInt64(payload.count)
                $0.checksum &+= checksum
            }
        case .finding(let finding): rules.append(finding.rule)
        case .summary(let summary): self.summary = summary
        default: break
        }
    }

    private mutating func update(_ sender: Role, _ change: (inout CaptureTruth.Sent) -> Void) {
        if sender == .client { change(&client) } else { change(&server) }
    }
}
