import ArgumentParser
import CaptureAnalysis
import PacketCapture
import PacketDecoding
import ParallelAnalysis
import TLSDecryption
import TraceOutput
import WebSocketProtocol
import WireFormat

/// A run of `wstap live`, from opening the interface to the exit status.
struct LiveRun: FormatUser {
    var capture: LiveCaptureOptions
    var packetFilter: String?
    var assumedServers: AssumedServers
    var secrets: SecretOptions
    var output: OutputOptions
    var failureLevel: FailureLevel?

    /// Captures into a format and writes its output.
    ///
    /// - Throws: `ExitCode` for every status but 0; `ValidationError` if the filter is wrong.
    func use<Batch: OutputBatch & ~Copyable>(
        _ format: consuming some OutputFormat & ~Copyable, batch _: () -> Batch
    ) throws {
        // Writing to a pipe without a reader is to fail, not to end the program.
        signal(SIGPIPE, SIG_IGN)
        // While there are rights to read them.
        let keyLogs = try secrets.open()
        let known = LiveSecrets(keyLogs)
        var device = try open()
        let user = try dropPrivileges()
        do throws(LiveError) {
            if let packetFilter { try device.setFilter(packetFilter) }
        } catch {
            throw ValidationError(TerminalText.safe(error.description))
        }
        guard let wake = WakePipe() else { throw failure("too many open files") }
        let file = try openOutput(user)
        var recorder = try openRecorder(device, user)
        let queue = file.map { OutputQueue(descriptor: $0.descriptor, name: $0.name, wake: wake) }
        guard queue?.start() ?? true else { throw failure("cannot start a thread") }
        greet(device, user)

        var pipeline = Pipeline(
            options: AnalysisOptions(
                for: format, sources: [capture.interface], assuming: assumedServers, secrets: known.store))
        var sink = LiveSink(format, recordsConnections: capture.writesWebSocketOnly)
        var loop = LiveLoop(
            capture, isQuiet: output.quiet, output: queue, watched: watched(file), wake: wake,
            secrets: known)
        let ending = loop.run(&device, &pipeline, &sink, &recorder)
        // From now on a signal ends the program at once, however slow the reader.
        WakePipe.restoreSignals()
        let statistics = device.statistics()
        pipeline.record(CaptureLosses(statistics, queue))
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
            case .noPermission: complain(PermissionHelp.text)
            case .noInterface: complain("wstap interfaces lists the interfaces")
            default: break
            }
            throw ExitCode(ExitStatus.nothingRead)
        }
    }

    /// Drops privileges; returns the user dropped to, if it is another.
    private func dropPrivileges() throws -> Privileges.User? {
        do throws(Privileges.Failure) {
            let user = try Privileges.user(named: capture.user)
            if user != nil || !Privileges.isRoot { try Privileges.drop(to: user) }
            return user
        } catch {
            throw failure(error.message)
        }
    }

    /// Where the output goes; nil if standard output is for packets and there is no `-o`.
    private func openOutput(_ user: Privileges.User?) throws -> LiveOutput? {
        guard output.path != nil || capture.path != "-" else { return nil }
        do throws(OutputFile.Failure) {
            return try LiveOutput(path: output.path)
        } catch {
            guard case .failed(let message) = error else { return nil }
            throw failure(message + (user.map { ", as user \($0.name) (-Z names another)" } ?? ""))
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
            throw failure(error.message)
        }
    }

    /// What poll(2) should watch, to notice before the next line that the reader has gone.
    private func watched(_ file: LiveOutput?) -> Int32? {
        if capture.path == "-" { return STDOUT_FILENO }
        return file?.isPipe == true ? file?.descriptor : nil
    }

    private func greet(_ device: borrowing LiveDevice, _ user: Privileges.User?) {
        guard !output.quiet else { return }
        let who = user.map { ", as user \($0.name)" } ?? ""
        complain(TerminalText.safe("capturing on \(device.interface) (\(device.linkType.name))\(who)"))
    }

    /// Reports what is wrong; returns the exit status for it.
    private func failure(_ message: String) -> ExitCode {
        complain(TerminalText.safe(message))
        return ExitCode(ExitStatus.nothingRead)
    }
}

extension CaptureLosses {
    /// The losses so far.
    init(_ statistics: LiveStatistics, _ queue: OutputQueue?) {
        self.init(
            droppedByKernel: statistics.droppedByKernel, droppedByInterface: statistics.droppedByInterface,
            undisplayedLines: queue?.lostLines ?? 0)
    }
}

/// Passes events on to a format, and records the connections that got a number.
struct LiveSink<Format: OutputFormat & ~Copyable>: EventSink, ~Copyable {
    /// The format.
    var format: Format
    /// The ends of those connections, if they are wanted.
    private var announced: [ConnectionEnds] = []
    /// Whether they are wanted.
    let recordsConnections: Bool

    init(_ format: consuming Format, recordsConnections: Bool) {
        self.format = format
        self.recordsConnections = recordsConnections
    }

    /// The ends of connections that got a number since the last call.
    mutating func takeAnnounced() -> [ConnectionEnds] {
        guard !announced.isEmpty else { return [] }
        defer { announced = [] }
        return announced
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        if recordsConnections {
            switch event {
            case .connection(let start): announced.append(ConnectionEnds(start.client, start.server))
            default: break
            }
        }
        format.receive(event, at: context, payload: payload)
    }
}
