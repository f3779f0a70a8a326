import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing

@Suite("The ends of a connection")
struct ConnectionEndsTests {
    /// Computed with a program of a few lines in Python, byte by byte as docs/cut.md says.
    @Test(
        "have the same hash on every machine and in both directions",
        arguments: [
            ("10.0.0.1:80", "10.0.0.7:40001", 0x3e0f_4b4b), ("0.0.0.0:0", "255.255.255.255:65535", 0xf53a_3c3d),
            ("10.0.0.7:1", "10.0.0.7:2", 0xf192_ac16), ("[::1]:443", "[::2]:9", 0xe313_8fda),
            ("[2001:db8::1]:443", "[fe80::1234:5678]:50000", 0x0034_9b96),
        ] as [(String, String, UInt32)])
    func hash(lower: String, upper: String, expected: UInt32) {
        #expect(ConnectionEnds(Endpoint(lower), Endpoint(upper)).stableHash == expected)
        #expect(ConnectionEnds(Endpoint(upper), Endpoint(lower)).stableHash == expected)
    }
}
