import GeneratedCaptures
import WebSocketProtocol
import WireFormat

/// From a direction's bytes to frames and messages.
struct StreamStage: Stage {
    let name: String
    let referenceName: String
    let mostAllocations: Double
    let stream: GeneratedStream
    let isFromClient: Bool
    let isCompressed: Bool
    /// Whether payloads are asked for.
    let showsPayloads: Bool
    /// How many bytes come at a time.
    var pieceLength = 1448
    let reference: @Sendable (GeneratedStream) throws -> Void

    var unit: String { "frame" }
    var unitCount: UInt64 { stream.truth.frames.reduce(0, +) }

    func runReference() throws { try reference(stream) }

    func run() throws {
        let demand = PayloadDemand(bytes: showsPayloads ? .max : 0, includesFrames: false)
        var decoder = WebSocketStream(
            sender: isFromClient ? .client : .server, streamOffset: 0,
            compression: isCompressed ? DeflateParameters() : nil, demand: demand, limits: StreamLimits())
        var resources = StreamResources(keptPayload: 1 << 30)
        var found = (frames: 0 as UInt64, messages: 0 as UInt64, bytes: 0 as UInt64)
        var start = 0
        while start < stream.bytes.count {
            let end = min(stream.bytes.count, start + pieceLength)
            var input = ByteCursor(stream.bytes.span.extracting(start..<end))
            while true {
                if let whole = decoder.nextWhole(&input, resources: &resources) {
                    found.frames += 1
                    found.messages += 1
                    found.bytes += whole.frame.header.payloadLength
                    continue
                }
                guard let output = decoder.next(&input, resources: &resources) else { break }
                switch output {
                case .frame: found.frames += 1
                case .message(let message):
                    found.messages += 1
                    found.bytes += message.length ?? 0
                case .violation(let violation, _, _): throw WrongCount(description: "\(violation)")
                }
            }
            start = end
        }
        try WrongCount.check("frames", found.frames, is: unitCount)
        try WrongCount.check("messages", found.messages, is: stream.truth.messages)
        try WrongCount.check("bytes of messages", found.bytes, is: stream.truth.messageBytes)
    }
}
