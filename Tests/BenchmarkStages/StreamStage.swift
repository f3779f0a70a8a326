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
    /// Whether payloads are demanded.
    let showsPayloads: Bool
    /// The number of bytes that arrive at a time.
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
                if let whole = decoder.nextSingleFrameMessage(&input, resources: &resources) {
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

extension StreamStage {
    private static let byteCount = 32 << 20

    /// Short messages of a server whose payloads are not demanded; the reference copies the bytes.
    static var frames: StreamStage {
        let stream = GeneratedStream(
            .small, isFromClient: false, isCompressed: false, byteCount: byteCount, seed: 1)
        return StreamStage(
            name: "frames", referenceName: "copy", mostAllocations: 0.001, stream: stream, isFromClient: false,
            isCompressed: false, showsPayloads: false, reference: { copyAll($0.bytes, pieceLength: 1448) })
    }

    /// Binary messages of a client; the reference copies the bytes.
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

    /// Compressed texts of a server; the reference is zlib alone.
    ///
    /// - Parameter reference: Inflates the messages through zlib.
    /// - Returns: The stage.
    static func inflating(against reference: @escaping @Sendable (GeneratedStream) throws -> Void) -> StreamStage {
        var profile = CaptureProfile.mixed
        profile.fragmentation = 0
        profile.pings = 0
        let stream = GeneratedStream(
            profile, isFromClient: false, isCompressed: true, byteCount: byteCount / 4, seed: 3)
        return StreamStage(
            name: "inflating", referenceName: "zlib", mostAllocations: 2, stream: stream, isFromClient: false,
            isCompressed: true, showsPayloads: true, reference: reference)
    }
}
