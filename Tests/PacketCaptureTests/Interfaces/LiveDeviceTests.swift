import CPcap
import Foundation
import Testing
import WireFormat

@testable import PacketCapture

@Suite("An interface")
struct LiveDeviceTests {
    /// Whether this user may capture from the loopback interface.
    static let isPermitted = (try? LiveDevice(LiveOptions(interface: "lo"))) != nil

    @Test("that does not exist is an error")
    func missing() {
        let error = #expect(throws: LiveError.self) { _ = try LiveDevice(LiveOptions(interface: "wstap-none")) }
        // Without permission to capture, the interfaces are not listed.
        #expect(error?.kind == (Self.isPermitted ? .noInterface : .noPermission))
        #expect(error?.interface == "wstap-none")
    }

    @Test("lends its packets, numbered and with nanoseconds", .enabled(if: isPermitted, "capturing is not permitted"))
    func packets() throws {
        let socket = try UDPSocket()
        var device = try LiveDevice(LiveOptions(interface: "lo"))
        try device.setFilter("udp port \(socket.port)")
        let before = Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e9) - 1_000_000_000)
        for length in [1, 100, 1400] { socket.sendToItself(length) }
        var seen: [SeenPacket] = []
        while seen.count < 3 {
            var request = pollfd(fd: device.descriptor, events: Int16(POLLIN), revents: 0)
            try #require(poll(&request, 1, 10_000) == 1)
            _ = try device.read(atMost: 2) { seen.append(SeenPacket($0)) }
        }
        #expect(seen.map(\.number) == [1, 2, 3])
        // Ethernet, IPv4 and UDP headers take 42 bytes.
        #expect(seen.map(\.bytes.count) == [43, 142, 1442])
        #expect(seen.allSatisfy { $0.interface == "lo" && $0.linkType == .ethernet })
        #expect(seen.allSatisfy { Timestamp(nanoseconds: $0.nanoseconds) > before })
        #expect(seen.contains { $0.nanoseconds % 1000 != 0 })
        #expect(device.packetCount == 3)
        let statistics = device.statistics()
        #expect(statistics.received >= 3 && statistics.droppedByKernel == 0)
    }

    @Test(
        "named any gives each packet's own interface", .enabled(if: isPermitted, "capturing is not permitted")
    )
    func any() throws {
        let socket = try UDPSocket()
        var device = try LiveDevice(LiveOptions(interface: "any"))
        try device.setFilter("udp port \(socket.port)")
        socket.sendToItself(10)
        var seen: [SeenPacket] = []
        while seen.isEmpty {
            var request = pollfd(fd: device.descriptor, events: Int16(POLLIN), revents: 0)
            try #require(poll(&request, 1, 10_000) == 1)
            _ = try device.read(atMost: 1) { seen.append(SeenPacket($0)) }
        }
        #expect(seen[0].interface == "lo")
        #expect([.linuxCooked, .linuxCooked2].contains(seen[0].linkType))
    }

    @Test("cuts packets at its snap length", .enabled(if: isPermitted, "capturing is not permitted"))
    func snapLength() throws {
        let socket = try UDPSocket()
        var options = LiveOptions(interface: "lo")
        options.snapLength = 60
        var device = try LiveDevice(options)
        try device.setFilter("udp port \(socket.port)")
        socket.sendToItself(1000)
        var seen: [SeenPacket] = []
        while seen.isEmpty {
            var request = pollfd(fd: device.descriptor, events: Int16(POLLIN), revents: 0)
            try #require(poll(&request, 1, 10_000) == 1)
            _ = try device.read(atMost: 1) { seen.append(SeenPacket($0)) }
        }
        #expect(seen[0].bytes.count == 60 && seen[0].originalLength == 1042)
    }

    @Test("rejects an invalid filter", .enabled(if: isPermitted, "capturing is not permitted"))
    func filter() throws {
        var device = try LiveDevice(LiveOptions(interface: "lo"))
        do throws(LiveError) {
            try device.setFilter("tcp porty 80")
            Issue.record("it took it")
        } catch {
            #expect(error.kind == .badFilter && !error.detail.isEmpty)
        }
    }

    @Test("is listed with its addresses and its state")
    func list() throws {
        let loopback = try #require(try CaptureInterface.all().first { $0.name == "lo" })
        #expect(loopback.isLoopback)
        #expect(loopback.linkType == (Self.isPermitted && loopback.isUp ? .ethernet : nil))
        if loopback.isUp { #expect(loopback.addresses.contains { $0.text == "127.0.0.1" && $0.prefixLength == 8 }) }
        guard case (loopback.isUp ? .up : .down) = InterfaceState(of: "lo") else {
            Issue.record("its state is not that of the list")
            return
        }
        guard case .unknown = InterfaceState(of: "wstap-none") else {
            Issue.record("an interface that is not there has a state")
            return
        }
    }
}

/// A UDP socket on the loopback interface.
private final class UDPSocket {
    let port: UInt16
    private let descriptor: Int32
    private let address: sockaddr_in

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        self.descriptor = descriptor
        self.address = address
        port = UInt16(bigEndian: address.sin_port)
        try #require(outcome == 0)
    }

    deinit {
        close(descriptor)
    }

    func sendToItself(_ count: Int) {
        let bytes = [UInt8](repeating: 7, count: count)
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, bytes, count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

@Suite("Counts of an interface")
struct StatisticsCounterTests {
    @Test("continue when libpcap's wrap around")
    func wrap() {
        var counter = StatisticsCounter()
        for step in 1...10 {
            var current = pcap_stat()
            current.ps_recv = UInt32(truncatingIfNeeded: UInt64(step) * 0xF000_0000)
            current.ps_drop = UInt32(truncatingIfNeeded: UInt64(step) * 0x8000_0001)
            current.ps_ifdrop = UInt32(step)
            counter.add(current)
        }
        #expect(counter.totals.received == 10 * 0xF000_0000)
        #expect(counter.totals.droppedByKernel == 10 * 0x8000_0001)
        #expect(counter.totals.droppedByInterface == 10)
    }
}
