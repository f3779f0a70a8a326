import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@testable import CaptureAnalysis

@Suite("Memory that frames of a session touch")
struct HotBytesTests {
    @Test("The fields that every frame touches lie in the bytes that are prefetched")
    func stream() {
        let stream = UnsafeMutablePointer<SessionStream>.allocate(capacity: 1)
        stream.initialize(
            to: SessionStream(
                sender: .client, streamOffset: 0, nil, demand: EventDemand().payload, limits: StreamLimits()))
        defer {
            stream.deinitialize(count: 1)
            stream.deallocate()
        }
        let (counts, decoder) = SessionStream.hotBytes
        // The counts that all text and binary frames change.
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
        #expect(
            decoder == (start + WebSocketStream.hotBytes.lowerBound)..<(start + WebSocketStream.hotBytes.upperBound))
    }

    @Test("Every segment of a session touches one cache line, and both streams are where they are expected")
    func session() {
        let session = UnsafeMutablePointer<Session>.allocate(capacity: 1)
        var workspace = Workspace(options: AnalysisOptions())
        let beginning = SessionBeginning(
            client: .fromInitiator, offsets: [0, 0], isCarried: true, extensions: [], requestElapsed: nil)
        let end = Endpoint(address: IPAddress(ipv4: 0), port: 0)
        let identity = SessionIdentity(
            client: end, server: end,
            opening: .init(initiatorSequence: 0, responderSequence: 0, time: Timestamp(nanoseconds: 0)))
        session.initialize(to: Session(SessionID(connection: 1), identity, beginning, &workspace))
        defer {
            session.deinitialize(count: 1)
            session.deallocate()
        }
        #expect(Session.headBytes == 0..<64)
        for field in [
            bytes(of: &session.pointee.activity, in: session), bytes(of: &session.pointee.watchesSegments, in: session),
            bytes(of: &session.pointee.firstCloser, in: session),
        ] { #expect(Session.headBytes.contains(field)) }
        let (client, _) = Session.hotBytes(of: .client)
        let (server, _) = Session.hotBytes(of: .server)
        let start = Int(bitPattern: session)
        let first = withUnsafePointer(to: &session.pointee.streams[0]) { Int(bitPattern: $0) } - start
        let second = withUnsafePointer(to: &session.pointee.streams[1]) { Int(bitPattern: $0) } - start
        #expect(server.lowerBound - client.lowerBound == second - first)
        #expect(client.lowerBound == first + SessionStream.hotBytes.0.lowerBound)
        let carriers = UnsafeRawPointer(session).load(
            fromByteOffset: Session.carrierBytes.lowerBound, as: UnsafeRawPointer?.self)
        #expect(carriers == session.pointee.carriers.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) })
    }

    @Test("The memory of each connection stays as small as it was measured")
    func sizes() {
        #expect(MemoryLayout<Connection>.stride == 8)
        #expect(MemoryLayout<Session>.stride <= 2728)
        #expect(MemoryLayout<OpeningReader>.stride <= 280)
        #expect(MemoryLayout<PacketAhead>.stride <= 112)
    }
}
