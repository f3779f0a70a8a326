import Testing
import WireFormat

@testable import WebSocketProtocol

/// The pieces in which a stream arrives.
enum StreamPiece: Equatable {
    case bytes([UInt8])
    case gap(UInt64)
    /// No bytes: the lost position is found here.
    case found
}

/// A report of a stream, with the payload at that moment.
enum Reported: Equatable {
    case violation(Violation, at: UInt64)
    case frame(Frame, PayloadStatus, payload: [UInt8])
    case message(Message, payload: [UInt8])
    /// The answer to a gap.
    case gap(isProven: Bool)
    /// The message that the end leaves unfinished.
    case unfinished(Message)
}

/// The settings for reading a stream.
struct StreamSetup {
    var sender = Role.server
    var streamOffset: UInt64 = 0
    var compression: DeflateParameters?
    var demand = PayloadDemand(bytes: .max, includesFrames: true)
    var limits = StreamLimits()
    var keptPayload = 1 << 30
    var undecodedBits: UInt8 = 0

    /// Reads a stream from its beginning to its end.
    ///
    /// Whatever it contains, the offset must stay correct, and everything kept must be released at the end.
    func read(_ pieces: [StreamPiece]) -> [Reported] {
        var resources = StreamResources(keptPayload: keptPayload)
        var stream = stream(demand: demand)
        var reported: [Reported] = []
        var passed = streamOffset
        for piece in pieces {
            switch piece {
            case .bytes(let bytes):
                stream.drain(bytes, &resources, into: &reported)
                passed &+= UInt64(bytes.count)
            case .gap(let length):
                reported.append(.gap(isProven: stream.skip(length, resources: &resources)))
                stream.drain([], &resources, into: &reported)
                passed &+= length
            case .found: stream.resume(at: passed)
            }
            #expect(stream.streamOffset == passed)
        }
        if let message = stream.finish(resources: &resources) {
            reported.append(.unfinished(message))
            stream.release(resources: &resources)
        }
        #expect(resources.keepable == keptPayload, "everything kept is given back")
        return reported
    }

    /// A new stream.
    func stream(demand: PayloadDemand) -> WebSocketStream {
        WebSocketStream(
            sender: sender, streamOffset: streamOffset, compression: compression, demand: demand, limits: limits,
            undecodedBits: undecodedBits)
    }

    func read(_ bytes: [UInt8]) -> [Reported] { read([.bytes(bytes)]) }

    func read(_ frames: [FrameBytes]) -> [Reported] { read(frames.flatMap(\.bytes)) }
}

extension WebSocketStream {
    /// Feeds `bytes` and records everything reported.
    mutating func drain(_ bytes: [UInt8], _ resources: inout StreamResources, into reported: inout [Reported]) {
        var input = ByteCursor(bytes.span)
        while true {
            if let whole = nextSingleFrameMessage(&input, resources: &resources) {
                let framePayload = Array(copying: whole.framePayload(in: input, resources))
                reported.append(.frame(whole.frame, whole.framePayloadStatus, payload: framePayload))
                reported.append(.message(whole.message, payload: Array(copying: whole.payload(in: input, resources))))
                continue
            }
            guard let output = next(&input, resources: &resources) else { break }
            switch output {
            case .violation(let violation, let offset, _): reported.append(.violation(violation, at: offset))
            case .frame(let frame, let status):
                reported.append(.frame(frame, status, payload: Array(copying: framePayload)))
            case .message(let message): reported.append(.message(message, payload: Array(copying: messagePayload)))
            }
        }
        let left = input.count
        #expect(left == 0, "all input is taken")
    }
}

extension [UInt8] {
    init(copying span: Span<UInt8>) {
        self = span.withUnsafeBufferPointer { [UInt8]($0) }
    }
}

extension [Reported] {
    var violations: [Violation] {
        compactMap { if case .violation(let violation, _) = $0 { violation } else { nil } }
    }

    var frames: [Frame] {
        compactMap { if case .frame(let frame, _, _) = $0 { frame } else { nil } }
    }

    var framePayloads: [[UInt8]] {
        compactMap { if case .frame(_, _, let payload) = $0 { payload } else { nil } }
    }

    var frameStatuses: [PayloadStatus] {
        compactMap { if case .frame(_, let status, _) = $0 { status } else { nil } }
    }

    var messages: [Message] {
        compactMap { if case .message(let message, _) = $0 { message } else { nil } }
    }

    var messagePayloads: [[UInt8]] {
        compactMap { if case .message(_, let payload) = $0 { payload } else { nil } }
    }

    /// The payloads of the messages as text; for withheld ones, the reason in brackets.
    var texts: [String] {
        compactMap {
            guard case .message(let message, let payload) = $0 else { return nil }
            if case .withheld(let reason) = message.payload { return "<\(reason.rawValue)>" }
            return String(decoding: payload, as: UTF8.self)
        }
    }

    var gapAnswers: [Bool] {
        compactMap { if case .gap(let isProven) = $0 { isProven } else { nil } }
    }
}
