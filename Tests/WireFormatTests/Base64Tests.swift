import Foundation
import Testing
import WireFormat

@Suite("Base64")
struct Base64Tests {
    @Test("Every length of the last group, as Foundation writes it")
    func encode() {
        for count in 0..<50 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count &* 11) }
            #expect(Base64.encode(bytes.span) == Data(bytes).base64EncodedString())
        }
    }
}
