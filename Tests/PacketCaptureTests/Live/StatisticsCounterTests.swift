import CPcap
import Testing

@testable import PacketCapture

@Suite("Counts of an interface")
struct StatisticsCounterTests {
    @Test("go on where libpcap's wrap")
    func wrap() {
        var counter = StatisticsCounter()
        for step in 1...10 {
            var current = pcap_stat()
            current.ps_recv = UInt32(truncatingIfNeeded: UInt64(step) * 0xF000_0000)
            current.ps_drop = UInt32(truncatingIfNeeded: UInt64(step) * 0x8000_0001)
            current.ps_ifdrop = UInt32(step)
            counter.note(current)
        }
        #expect(counter.totals.received == 10 * 0xF000_0000)
        #expect(counter.totals.droppedByKernel == 10 * 0x8000_0001)
        #expect(counter.totals.droppedByInterface == 10)
    }
}
