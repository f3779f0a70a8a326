import CaptureAnalysis
import HTTPUpgrade
import Synchronization
import TestSupport
import Testing
import WireFormat

/// Records the bytes that it gets, and their offsets.
private final class RecordingLayer: StreamLayer {
    final class Log: Sendable {
        let bytes = Mutex<[Direction: [UInt8]]>([:])
        /// Offsets that do not directly follow the previous bytes.
        let breaks = Mutex<[UInt64]>([])
    }

    struct Provider: StreamLayerProvider {
        let ending: UpgradeFollower.Ending
        let log: Log
        /// Where the layer's streams are to begin, by ``Direction/index``.
        let starts: [UInt64]

        func layer(for offer: LayerOffer, startingWith bytes: Span<UInt8>) -> (any StreamLayer)? {
            guard case .after(ending) = offer.moment, bytes.count > 0 else { return nil }
            return RecordingLayer(log, next: starts)
        }
    }

    private let log: Log
    private var next: [UInt64]

    var cost: Int { 0 }

    init(_ log: Log, next: [UInt64]) {
        self.log = log
        self.next = next
    }

    func receive(_ bytes: Span<UInt8>, at place: StreamPlace, into output: inout LayerOutput) {
        if place.offset != next[place.direction.index] { log.breaks.withLock { $0.append(place.offset) } }
        next[place.direction.index] = place.offset + UInt64(bytes.count)
        let copy = bytes.indices.map { bytes[$0] }
        log.bytes.withLock { $0[place.direction, default: []] += copy }
    }

    func skip(_ length: UInt64?, at place: StreamPlace, into output: inout LayerOutput) {}
}

/// Layers that begin where HTTP ends, such as TLS through a proxy.
@Suite("Layers after HTTP")
struct LayerHandoverTests {
    private static let clientHello: [UInt8] = [0x16, 0x03, 0x01, 0x00, 0x05] + Array("hello".utf8)
    private static let serverHello: [UInt8] = [0x16, 0x03, 0x03, 0x00, 0x03] + Array("hey".utf8)
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

    /// Checks two streams that begin with `connect` and `established`, which belong to HTTP.
    private func check(
        _ ending: UpgradeFollower.Ending, client: [UInt8], server: [UInt8], connect: String = "",
        established: String = "", segmentSize: Int, isServerFirst: Bool
    ) {
        var talk = TCPConversation()
        talk.open()
        if !connect.isEmpty {
            talk.send(Array(connect.utf8), from: .client)
            talk.send(Array(established.utf8), from: .server)
        }
        func segments(_ bytes: [UInt8]) -> [[UInt8]] {
            stride(from: 0, to: bytes.count, by: segmentSize).map {
                Array(bytes[$0..<min(bytes.count, $0 + segmentSize)])
            }
        }
        var (fromClient, fromServer) = (segments(client)[...], segments(server)[...])
        while !fromClient.isEmpty || !fromServer.isEmpty {
            if isServerFirst, let segment = fromServer.popFirst() { talk.send(segment, from: .server) }
            if let segment = fromClient.popFirst() { talk.send(segment, from: .client) }
            if !isServerFirst, let segment = fromServer.popFirst() { talk.send(segment, from: .server) }
        }
        talk.finish(first: .server)
        let log = RecordingLayer.Log()
        var options = AnalysisOptions()
        options.layers = [
            RecordingLayer.Provider(
                ending: ending, log: log, starts: [UInt64(connect.utf8.count), UInt64(established.utf8.count)])
        ]
        _ = Analysis(talk.packets, options: options)
        let comment: Comment = "\(ending), segments of \(segmentSize), server first: \(isServerFirst)"
        let bytes = log.bytes.withLock { $0 }
        #expect(bytes[.fromInitiator] == client, comment)
        #expect(bytes[.fromResponder] == server, comment)
        #expect(log.breaks.withLock { $0 } == [], comment)
    }

    @Test(
        "get both streams from their first bytes, however these are cut", arguments: [1, 2, 3, 1000],
        [false, true])
    func handover(segmentSize: Int, isServerFirst: Bool) {
        check(
            .tls, client: Self.clientHello, server: Self.serverHello, segmentSize: segmentSize,
            isServerFirst: isServerFirst)
        check(
            .tls, client: Self.clientHello, server: Self.serverHello,
            connect: "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", established: "HTTP/1.1 200 OK\r\n\r\n",
            segmentSize: segmentSize, isServerFirst: isServerFirst)
        check(
            .http2, client: Self.preface + Self.settings, server: Self.settings, segmentSize: segmentSize,
            isServerFirst: false)
    }
}
