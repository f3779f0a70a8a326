import WebSocketProtocol
import WireFormat

/// Reads a stream of frames.
///
/// Input: a byte of settings (bit 0: the client sends; 1: compressed; 2: without context takeover; 3: payloads of
/// frames are demanded; 4: only few bytes of them; 5: small limits; 6: lost positions are found where the gap ends), a
/// byte whose two low bits count the gaps, for each gap its distance from the previous one and its length (two bytes
/// each), the stream.
struct FramesRun {
    /// A report of the stream, with the payload at that moment.
    private enum Report: Equatable {
        case violation(Violation, at: UInt64)
        case frame(Frame, PayloadStatus, payload: [UInt8])
        case message(Message, payload: [UInt8])
        case gap(isProven: Bool)
        case unfinished(Message)

        var isBomb: Bool {
            switch self {
            case .violation(.inflateBomb, _): true
            case .message(let message, _), .unfinished(let message): message.payload == .withheld(.bomb)
            case .violation, .frame, .gap: false
            }
        }
    }

    private enum Part {
        case bytes([UInt8])
        case gap(UInt64)
    }

    private static let keptPayload = 1 << 20

    private let settings: UInt8
    private var parts: [Part] = []

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        settings = input.byte()
        let gaps = (0..<input.byte() & 3).map { _ in (distance: Int(input.short()), length: UInt64(input.short())) }
        for gap in gaps {
            parts += [.bytes(input.take(gap.distance)), .gap(gap.length)]
        }
        parts.append(.bytes(input.rest()))
    }

    /// Reads the stream, cut in every way.
    func check() throws(Disagreement) {
        let whole = try reported(.whole)
        for cutting in [Cutting.byteByByte, .random] {
            let reported = try reported(cutting)
            // A bomb is judged by the bytes so far, which are more if pieces are longer.
            if (reported + whole).contains(where: \.isBomb) { return }
            if reported != whole {
                let place = zip(reported, whole).prefix { $0 == $1 }.count
                throw Disagreement(
                    words: "cut \(cutting): \(reported[place...].prefix(2)), whole: \(whole[place...].prefix(2))")
            }
        }
    }

    private func has(_ bit: UInt8) -> Bool { settings >> bit & 1 == 1 }

    private var stream: WebSocketStream {
        var limits = StreamLimits()
        limits.inflatedMessage = has(5) ? 200 : 1 << 18
        limits.inflateRatio = has(5) ? 4 : 64
        limits.ratioThreshold = has(5) ? 50 : 1 << 14
        limits.message = has(5) ? 100 : 1 << 17
        limits.controlPayload = has(5) ? 60 : limits.controlPayload
        return WebSocketStream(
            sender: has(0) ? .client : .server, streamOffset: 0,
            compression: has(1) ? DeflateParameters(noContextTakeover: has(2)) : nil,
            demand: PayloadDemand(bytes: has(4) ? 5 : .max, includesFrames: has(3)), limits: limits)
    }

    private func reported(_ cutting: Cutting) throws(Disagreement) -> [Report] {
        var resources = StreamResources(keptPayload: Self.keptPayload)
        var stream = stream
        var reported: [Report] = []
        var passed: UInt64 = 0
        for part in parts {
            switch part {
            case .bytes(let bytes):
                for piece in cutting.pieces(of: bytes) { Self.drain(piece, &stream, &resources, into: &reported) }
                passed += UInt64(bytes.count)
            case .gap(let length):
                reported.append(.gap(isProven: stream.skip(length, resources: &resources)))
                Self.drain([], &stream, &resources, into: &reported)
                passed += length
                if stream.isLost, has(6) { stream.resume(at: passed) }
            }
            guard stream.streamOffset == passed else {
                throw Disagreement(words: "at \(stream.streamOffset) after \(passed) bytes")
            }
        }
        if let message = stream.finish(resources: &resources) { reported.append(.unfinished(message)) }
        stream.release(resources: &resources)
        guard resources.keepable == Self.keptPayload else {
            throw Disagreement(words: "\(resources.keepable) bytes may be kept, \(Self.keptPayload) at the start")
        }
        return reported
    }

    private static func drain(
        _ bytes: [UInt8], _ stream: inout WebSocketStream, _ resources: inout StreamResources,
        into reported: inout [Report]
    ) {
        var input = ByteCursor(bytes.span)
        while true {
            if let whole = stream.nextSingleFrameMessage(&input, resources: &resources) {
                let framePayload = Array(copying: whole.framePayload(in: input, resources))
                reported.append(.frame(whole.frame, whole.framePayloadStatus, payload: framePayload))
                reported.append(.message(whole.message, payload: Array(copying: whole.payload(in: input, resources))))
                continue
            }
            guard let output = stream.next(&input, resources: &resources) else { break }
            switch output {
            case .violation(let violation, let offset, _): reported.append(.violation(violation, at: offset))
            case .frame(let frame, let status):
                reported.append(.frame(frame, status, payload: Array(copying: stream.framePayload)))
            case .message(let message):
                reported.append(.message(message, payload: Array(copying: stream.messagePayload)))
            }
        }
    }
}

extension [UInt8] {
    /// Copies borrowed bytes.
    init(copying span: Span<UInt8>) {
        self = span.withUnsafeBufferPointer { [UInt8]($0) }
    }
}
