import ArgumentParser
import CaptureAnalysis
import PacketCapture
import PacketDecoding
import ParallelAnalysis
import TraceOutput
import WebSocketProtocol
import WireFormat

/// One live capture, from opening the interface to the exit status.
struct LiveRun: FormatUser {
    var capture: LiveCaptureOptions
    var packetFilter: String?
    var assumedServers: AssumedServers
    var output: OutputOptions
    var failureLevel: FailureLevel?

    /// Captures into a format, and writes what it prints.
    ///
    /// - Throws: `ExitCode` for every status but 0; `ValidationError` where the filter is wrong.
    func use<Batch: OutputBatch & ~Copyable>(
        _ format: consuming some OutputFormat & ~Copyable, batch _: () -> Batch
    ) throws {
        // A write to a pipe that nobody reads is to fail, not to end the program.
        signal(SIGPIPE, SIG_IGN)
        var device = try open()
        let user = try dropPrivileges()
        do throws(LiveError) {
            if let packetFilter { try device.setFilter(packetFilter) }
        } catch {
            throw ValidationError(TerminalText.safe(error.description))
        }
        guard let wake = WakePipe() else { throw failure("there are too many open files") }
        let file = try openOutput(user)
        var recorder = try openRecorder(device, user)
        let queue = file.map { OutputQueue(descriptor: $0.descriptor, name: $0.name, wake: wake) }
        guard queue?.start() ?? true else { throw failure("no thread can be started") }
        greet(device, user)

        var pipeline = Pipeline(
            options: AnalysisOptions(for: format, sources: [capture.interface], assuming: assumedServers))
        var sink = LiveSink(format, notesConnections: capture.writesWebSocketOnly)
        var loop = LiveLoop(capture, isQuiet: output.quiet, output: queue, watched: watched(file), wake: wake)
        let ending = loop.run(&device, &pipeline, &sink, &recorder)
        // From now on a signal ends the program at once, however slow a reader is.
        WakePipe.restoreSignals()
        let statistics = device.statistics()
        pipeline.note(CaptureLosses(statistics, queue))
        pipeline.finish(into: &sink)
        recorder?.release(sink.takeAnnounced())
        recorder?.finish(statistics)
        queue?.put(&sink.format.output)
        queue?.finish()
        try conclude(
            LiveOutcome(
                ending: ending, statistics: statistics, summary: pipeline.summary, packets: device.packetCount,
                outputFailure: queue?.failure, recorderProblem: recorder?.problem,
                isRecorderClosed: recorder?.isClosed ?? false, omissions: sink.format.omissions))
    }

    private func open() throws -> LiveDevice {
        do throws(LiveError) {
            let device = try LiveDevice(capture.device)
            if let warning = device.warning { complain(TerminalText.safe("\(capture.interface): \(warning)")) }
            return device
        } catch {
            complain(TerminalText.safe(error.description))
            switch error.kind {
            case .noPermission: complain(PermissionWords.text)
            case .noInterface: complain("wstap interfaces lists those there are")
            default: break
            }
            throw ExitCode(ExitStatus.nothingRead)
        }
    }

    /// Goes on as somebody without rights; returns who that is, where it is somebody else.
    private func dropPrivileges() throws -> Privileges.User? {
        do throws(Privileges.Failure) {
            let user = try Privileges.user(named: capture.user)
            if user != nil || !Privileges.isRoot { try Privileges.drop(to: user) }
            return user
        } catch {
            throw failure(error.words)
        }
    }

    /// Where the output goes; nil where standard output is for packets, and no other place was named.
    private func openOutput(_ user: Privileges.User?) throws -> LiveOutput? {
        guard output.path != nil || capture.path != "-" else { return nil }
        do throws(OutputFile.Failure) {
            return try LiveOutput(path: output.path)
        } catch {
            guard case .failed(let words) = error else { return nil }
            throw failure(words + (user.map { ", as user \($0.name) (-Z names another)" } ?? ""))
        }
    }

    private func openRecorder(_ device: borrowing LiveDevice, _ user: Privileges.User?) throws -> PacketRecorder? {
        guard let path = capture.path else { return nil }
        if let other = output.path, areSameFile(path, other) {
            throw ValidationError("-o and -w name the same file, \(TerminalText.safe(path))")
        }
        let source = PacketSource(
            interface: device.interface, linkType: device.linkType, snapLength: device.snapLength,
            filter: packetFilter, application: "wstap \(Wstap.version)")
        do throws(Privileges.Failure) {
            return try PacketRecorder(
                path: path, source: source, onlyWebSocket: capture.writesWebSocketOnly, user: user)
        } catch {
            throw failure(error.words)
        }
    }

    /// What poll(2) is to watch, so that a reader that goes away is noticed before the next line.
    private func watched(_ file: LiveOutput?) -> Int32? {
        if capture.path == "-" { return STDOUT_FILENO }
        return file?.isPipe == true ? file?.descriptor : nil
    }

    private func greet(_ device: borrowing LiveDevice, _ user: Privileges.User?) {
        guard !output.quiet else { return }
        let who = user.map { ", as user \($0.name)" } ?? ""
        complain(TerminalText.safe("capturing on \(device.interface) (\(device.linkType.name))\(who)"))
    }

    /// Says what is wrong; the status for it.
    private func failure(_ words: String) -> ExitCode {
        complain(TerminalText.safe(words))
        return ExitCode(ExitStatus.nothingRead)
    }
}

extension CaptureLosses {
    /// What was lost up to now.
    init(_ statistics: LiveStatistics, _ queue: OutputQueue?) {
        self.init(
            droppedByKernel: statistics.droppedByKernel, droppedByInterface: statistics.droppedByInterface,
            undisplayedLines: queue?.lostLines ?? 0)
    }
}

/// Hands events on to a format, and notes on which connections WebSocket was seen.
struct LiveSink<Format: OutputFormat & ~Copyable>: EventSink, ~Copyable {
    /// The format.
    var format: Format
    /// The ends of connections that were told of; only where they are wanted.
    private var announced: [ConnectionEnds] = []
    /// Whether they are wanted.
    let notesConnections: Bool

    init(_ format: consuming Format, notesConnections: Bool) {
        self.format = format
        self.notesConnections = notesConnections
    }

    /// Hands over the ends of connections that were told of since this was asked.
    mutating func takeAnnounced() -> [ConnectionEnds] {
        guard !announced.isEmpty else { return [] }
        defer { announced = [] }
        return announced
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        if notesConnections {
            switch event {
            case .connection(let start): announced.append(ConnectionEnds(start.client, start.server))
            default: break
            }
        }
        format.receive(event, at: context, payload: payload)
    }
}
