import TLSDecryption
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.3 with lost segments")
struct LostRecordsTests {
    @Test("goes on after the segment with the KeyUpdate is lost", arguments: [1, 3])
    func lostKeyUpdate(updates: Int) {
        var session = SealedSession()
        let reading = Reading(session.secrets())
        session.open(reading)
        reading.receive(session.record(SealedSession.text(1), .fromResponder), .fromResponder)
        // RFC 8446 4.6.3 lets an end update its keys as often as it likes.
        let lost = (0..<updates).flatMap { _ in session.keyUpdate(.fromResponder) }
        reading.lose(lost.count, .fromResponder)
        reading.receive(session.record(SealedSession.text(2), .fromResponder), .fromResponder)
        reading.receive(session.record(SealedSession.text(3), .fromResponder), .fromResponder)
        // Again, after a record that is not authentic, and none that is.
        var forged = session.record(SealedSession.text(4), .fromResponder)
        forged[20] ^= 1
        reading.receive(forged, .fromResponder)
        reading.lose(session.keyUpdate(.fromResponder).count, .fromResponder)
        reading.receive(session.record(SealedSession.text(5), .fromResponder), .fromResponder)
        reading.lose(session.keyUpdate(.fromResponder).count, .fromResponder)
        reading.receive(session.record(SealedSession.text(6), .fromResponder), .fromResponder)
        reading.finish()
        #expect(reading.known(.fromResponder) == [1, 2, 3, 5, 6].flatMap { SealedSession.text($0) })
        #expect(reading.problems.map(\.problem) == [.badRecord])
    }

    @Test(
        "has no gap if only Finished is lost, and an exact one for data lost after it",
        arguments: [CipherSuite.aes128GCM, .chaCha20Poly1305])
    func lostFinished(suite: CipherSuite) {
        for losesFinished in [true, false] {
            var session = SealedSession(suite)
            let reading = Reading(session.secrets())
            reading.receive(SealedSession.plain(session.clientHello()), .fromInitiator)
            let flight = session.record(SealedSession.serverFlight(), .fromResponder, type: 22)
            reading.receive(SealedSession.plain(session.serverHello()) + flight, .fromResponder)
            let finished = session.record(SealedSession.finished, .fromInitiator, type: 22)
            session.begin(.application, .fromInitiator)
            let data = session.record(SealedSession.text(1), .fromInitiator)
            if losesFinished {
                reading.lose(finished.count, .fromInitiator)
                reading.receive(data, .fromInitiator)
            } else {
                reading.receive(finished, .fromInitiator)
                reading.lose(data.count, .fromInitiator)
            }
            reading.receive(session.record(SealedSession.text(2), .fromInitiator), .fromInitiator)
            reading.finish()
            let first = losesFinished ? SealedSession.text(1).map { Optional($0) } : [UInt8?](repeating: nil, count: 40)
            #expect(reading.plaintext[0] == first + SealedSession.text(2).map { Optional($0) })
            #expect(reading.problems.isEmpty && reading.unknownGaps == [[], []])
        }
    }

    @Test("with AES-GCM goes on after any number of lost records, and counts them", arguments: [1, 4, 100, 10_000])
    func lostRecords(count: Int) {
        var session = SealedSession()
        let reading = Reading(session.secrets())
        session.open(reading)
        reading.receive(session.record(SealedSession.text(1), .fromResponder), .fromResponder)
        let lost = (0..<count).reduce(0) { length, number in
            length + session.record(SealedSession.text(number), .fromResponder).count
        }
        reading.lose(lost, .fromResponder)
        reading.receive(session.record(SealedSession.text(2), .fromResponder), .fromResponder)
        reading.finish()
        let gap = [UInt8?](repeating: nil, count: 40 * count)
        #expect(reading.plaintext[1] == SealedSession.text(1).map { $0 } + gap + SealedSession.text(2).map { $0 })
        #expect(reading.problems.isEmpty && reading.unknownGaps == [[], []])
    }

    @Test("with ChaCha20 goes on after 4,096 lost records at most, and gives up beyond", arguments: [4000, 5000])
    func lostRecordsOfChaCha20(count: Int) {
        var session = SealedSession(.chaCha20Poly1305)
        let reading = Reading(session.secrets())
        session.open(reading)
        reading.receive(session.record(SealedSession.text(1), .fromResponder), .fromResponder)
        let lost = (0..<count).reduce(0) { length, number in
            length + session.record(SealedSession.text(number, 30), .fromResponder).count
        }
        reading.lose(lost, .fromResponder)
        for number in 0..<100 {
            reading.receive(session.record(SealedSession.text(number, 300), .fromResponder), .fromResponder)
        }
        reading.finish()
        guard count > 4096 else {
            let sent: [UInt8] = SealedSession.text(1) + (0..<100).flatMap { SealedSession.text($0, 300) }
            #expect(reading.known(.fromResponder) == sent && reading.problems.isEmpty)
            return
        }
        #expect(reading.known(.fromResponder) == SealedSession.text(1))
        #expect(reading.problems.map(\.problem) == [.lost] && reading.unknownGaps[1] == [40])
    }

    @Test(
        "goes on after segments of the first records under new keys are lost",
        arguments: [CipherSuite.aes128GCM, .chaCha20Poly1305], [1, 3])
    func lostInFirstRecords(suite: CipherSuite, count: Int) {
        var session = SealedSession(suite)
        let reading = Reading(session.secrets())
        session.open(reading)
        for number in 0..<count {
            // Its header is there, so it is clear where the next one begins, but not how many records were lost.
            let record = session.record(SealedSession.text(number, 200), .fromInitiator)
            reading.receive(Array(record.prefix(50)), .fromInitiator)
            reading.lose(100, .fromInitiator)
            reading.receive(Array(record.dropFirst(150)), .fromInitiator)
        }
        reading.receive(session.record(SealedSession.text(8), .fromInitiator), .fromInitiator)
        reading.receive(session.record(SealedSession.text(9), .fromInitiator), .fromInitiator)
        reading.finish()
        let gap = [UInt8?](repeating: nil, count: 200 * count)
        #expect(reading.plaintext[0] == gap + (SealedSession.text(8) + SealedSession.text(9)).map { $0 })
        #expect(reading.problems.isEmpty)
    }

    @Test("says at its end that no record was found, if one would have been complete", arguments: [1000, 20_000])
    func unfound(count: Int) {
        var session = SealedSession()
        let reading = Reading(session.secrets())
        session.open(reading)
        reading.receive(session.record(SealedSession.text(1), .fromResponder), .fromResponder)
        reading.receive([UInt8](repeating: 0, count: count), .fromResponder)
        reading.finish()
        #expect(reading.known(.fromResponder) == SealedSession.text(1))
        #expect(reading.problems.map(\.problem) == (count > 18_437 ? [.lost] : []))
    }

    @Test("has a gap if the last record is lost")
    func lostEnd() {
        var session = SealedSession()
        let reading = Reading(session.secrets())
        session.open(reading)
        reading.receive(session.record(SealedSession.text(1), .fromResponder), .fromResponder)
        reading.lose(session.record(SealedSession.text(2), .fromResponder).count, .fromResponder)
        reading.finish()
        #expect(reading.known(.fromResponder) == SealedSession.text(1) && reading.problems.isEmpty)
    }
}
