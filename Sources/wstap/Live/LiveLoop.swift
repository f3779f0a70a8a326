import CaptureAnalysis
import PacketCapture
import TLSDecryption
import TraceOutput
import WireFormat

/// The loop of a live capture: it takes packets as they come, and waits for packets, ticks and signals.
struct LiveLoop {
    /// Why it ended.
    enum Ending {
        /// A signal, the number of packets, or the duration.
        case asked
        /// Nothing more can be written, or the reader has gone.
        case output
        /// The interface failed.
        case interface(LiveError)
        /// Packets of this link type cannot be decoded.
        case linkType(LinkType)
    }

    private let output: OutputQueue?
    private let watched: Int32
    private let wake: WakePipe
    private let deadline: UInt64?
    private let isQuiet: Bool
    private var rest: UInt64
    private var lastTick = Clock.monotonic
    private var lastTime: Timestamp?
    private var lossReport = LossReport()
    private var isDown = false
    private let secrets: SecretStore
    private var keyLogs: GrowingKeyLogs
    private var counterLine: CounterLine?

    /// Packets to take before forwarding the output and checking for signals.
    private static let batch: UInt64 = 1024
    /// Nanoseconds between two checks for timeouts of connections.
    private static let tick: UInt64 = 1_000_000_000
    /// Nanoseconds for which packets are still taken after a request to stop: the kernel delivers them with a delay.
    private static let tail: UInt64 = 60_000_000

    /// - Parameters:
    ///   - capture: When to stop.
    ///   - isQuiet: Whether not to report losses while they happen.
    ///   - output: Where the output goes; nil to discard it.
    ///   - watched: A pipe whose reader may quit.
    ///   - wake: Where signals come from.
    ///   - secrets: The secrets of TLS connections.
    ///   - keyLogs: Where further secrets come from.
    ///   - counterLine: The line that counts; nil for none.
    init(
        _ capture: LiveCaptureOptions, isQuiet: Bool, output: OutputQueue?, watched: Int32?, wake: WakePipe,
        secrets: SecretStore, _ keyLogs: GrowingKeyLogs, counterLine: CounterLine?
    ) {
        self.secrets = secrets
        self.keyLogs = keyLogs
        self.counterLine = counterLine
        self.output = output
        self.watched = watched ?? -1
        self.wake = wake
        self.isQuiet = isQuiet
        deadline = capture.duration.map { Clock.monotonic &+ $0.nanoseconds }
        rest = capture.count?.value ?? .max
    }

    /// Captures until there is a reason to stop.
    mutating func run(
        _ device: inout LiveDevice, _ pipeline: inout Pipeline,
        _ sink: inout LiveSink<some OutputFormat & ~Copyable>, _ recorder: inout PacketRecorder?
    ) -> Ending {
        defer { counterLine?.clear() }
        var end: UInt64?
        while true {
            let count: Int
            do throws(LiveError) {
                count = try take(from: &device, &pipeline, &sink, &recorder)
            } catch {
                return .interface(error)
            }
            if let linkType = pipeline.summary.unsupportedLinkTypes.first { return .linkType(linkType) }
            let now = Clock.monotonic
            if now &- lastTick >= Self.tick {
                lastTick = now
                tick(&device, &pipeline, &sink, isIdle: count == 0)
                recorder?.release(sink.takeAnnounced())
            }
            handOn(&sink, &recorder)
            if output?.failure != nil || sink.format.failure != nil || recorder?.hasFailed == true { return .output }
            if rest == 0 { return .asked }
            if let end, now >= end { return .asked }
            switch wait(for: device.descriptor, until: end ?? deadline, now, isBusy: count > 0) {
            case .packets: break
            case .end: end = end ?? Clock.monotonic &+ Self.tail
            case .closed: return .output
            }
            if let deadline, end == nil, Clock.monotonic >= deadline { end = Clock.monotonic &+ Self.tail }
        }
    }

    /// Takes the packets that have arrived, at most a batch; returns how many.
    private mutating func take(
        from device: inout LiveDevice, _ pipeline: inout Pipeline,
        _ sink: inout LiveSink<some OutputFormat & ~Copyable>, _ recorder: inout PacketRecorder?
    ) throws(LiveError) -> Int {
        var latest = lastTime
        keyLogs.refresh(secrets, from: device.packetCount &+ 1)
        let count = try device.read(atMost: Int(min(Self.batch, rest))) { packet in
            pipeline.receive(packet, into: &sink)
            recorder?.take(packet, &pipeline, announced: sink.takeAnnounced())
            latest = packet.time
        }
        lastTime = latest
        rest &-= UInt64(count)
        return count
    }

    /// Advances the analysis's clock, and reports losses.
    private mutating func tick(
        _ device: inout LiveDevice, _ pipeline: inout Pipeline,
        _ sink: inout LiveSink<some OutputFormat & ~Copyable>, isIdle: Bool
    ) {
        // While packets wait in the kernel, the analysis's clock must not overtake them.
        if let time = isIdle ? LiveDevice.now : lastTime {
            pipeline.advance(to: time, into: &sink)
        }
        let losses = CaptureLosses(device.statistics(), output)
        guard !isQuiet else { return }
        counterLine?.clear()
        defer { counterLine?.show(pipeline.summary, dropped: losses.droppedByKernel &+ losses.droppedByInterface) }
        lossReport.report(losses)
        let state = InterfaceState(of: device.interface)
        if state != .unknown, isDown != (state == .down) {
            isDown = state == .down
            complainIfPossible(
                TerminalText.safe("\(device.interface): is \(isDown ? "down; waiting for it" : "up again")"))
        }
    }

    /// Forwards the output and the saved packets.
    private func handOn<Format: OutputFormat & ~Copyable>(
        _ sink: inout LiveSink<Format>, _ recorder: inout PacketRecorder?
    ) {
        sink.format.flush()
        switch output {
        case let output? where Format.isOneDocument:
            output.put(&sink.format.output)
            while sink.format.hasMore {
                sink.format.printMore()
                output.put(&sink.format.output)
            }
        case let output?: output.offer(&sink.format.output)
        case nil: sink.format.output.removeAll()
        }
        recorder?.flush()
    }

    private enum News {
        case packets, end, closed
    }

    /// Waits for packets, a signal or the next tick; not at all if packets have just come.
    private func wait(for device: Int32, until end: UInt64?, _ now: UInt64, isBusy: Bool) -> News {
        var requests = [
            pollfd(fd: device, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: watched, events: 0, revents: 0),
        ]
        let until = min(lastTick &+ Self.tick, end ?? .max)
        let milliseconds = until > now ? (until &- now) / 1_000_000 &+ 1 : 0
        _ = poll(&requests, nfds_t(requests.count), isBusy ? 0 : Int32(clamping: milliseconds))
        if requests[1].revents != 0, wake.takeSignal() { return .end }
        return requests[2].revents & Int16(POLLERR) != 0 ? .closed : .packets
    }
}

/// The system's monotonic clock, in nanoseconds.
enum Clock {
    static var monotonic: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
