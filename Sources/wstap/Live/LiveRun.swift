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
    var memory: MemoryBudget

    /// Captures into a format and writes its output.
    ///
    /// - Throws: `ExitCode` for every status but 0; `ValidationError` if the filter is wrong.
    func use<Batch: OutputBatch & ~Copyable>(
        _ format: consuming some OutputFormat & ~Copyable, batch _: () -> Batch
    ) throws {
        // Writing to a pipe without a reader should fail, not end the program.
        signal(SIGPIPE, SIG_IGN)
        try secrets.refuse(output: output.path)
        try secrets.refuse(output: capture.path, option: "-w")
        // Before the rights to read them are dropped.
        let keyLogs = try secrets.open(isQuiet: output.quiet, mayGrow: true)
        let known = SecretStore(mayGrow: true)
        var growing = GrowingKeyLogs(keyLogs, isQuiet: output.quiet)
        growing.refresh(known, from: 0)
        var device = try open()
        let (user, files) = try openFiles()
        do throws(LiveError) {
            if let packetFilter { try device.setFilter(packetFilter) }
        } catch {
            let hint = packetFilter.flatMap(Hint.filter).map { "\n" + $0 } ?? ""
            throw ValidationError(TerminalText.safe(error.description) + hint)
        }
        guard let wake = WakePipe() else { throw failure("too many open files") }
        let file = wantsOutput ? LiveOutput(path: output.path, descriptor: files.output) : nil
        var recorder = try openRecorder(device, files.packets, known)
        let queue = file.map { OutputQueue(descriptor: $0.descriptor, name: $0.name, wake: wake) }
        guard queue?.start() ?? true else { throw failure("cannot start a thread") }
        greet(device, user)

        var pipeline = Pipeline(
            options: AnalysisOptions(
                for: format, sources: [capture.interface], assuming: assumedServers, secrets: known,
                memory: memory))
        var sink = LiveSink(format, recordsConnections: capture.writesWebSocketOnly)
        var loop = LiveLoop(
            capture, isQuiet: output.quiet, output: queue, watched: watched(file), wake: wake,
            secrets: known, growing, counterLine: CounterLine(output, writesPackets: capture.path == "-"))
        let ending = loop.run(&device, &pipeline, &sink, &recorder)
        // From now on a signal ends the program at once, however slow the reader.
        EndingSignals.endAtOnce()
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
                outputFailure: queue?.failure ?? sink.format.failure.map { .failed($0) },
                recorderProblem: recorder?.problem,
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

    /// Opens the files of `-o` and `-w`, then drops privileges.
    ///
    /// Files come first, since root may be the only one who can create them; they are truncated only after everything
    /// else has succeeded.
    ///
    /// - Returns: The user dropped to, if it is another, and the files.
    /// - Throws: The exit status.
    private func openFiles() throws -> (user: Privileges.User?, (output: Int32?, packets: Int32?)) {
        let user: Privileges.User?
        var files: (output: Int32?, packets: Int32?) = (nil, nil)
        do throws(Privileges.Failure) {
            user = try Privileges.user(named: capture.user)
            if let path = output.path { files.output = try UserFile.open(path, for: user) }
            if let path = capture.path, path != "-" {
                files.packets = try UserFile.open(path, for: user, isSecret: capture.writesSecrets)
            }
            if user != nil || !Privileges.isRoot { try Privileges.drop(to: user) }
        } catch {
            throw failure(error.message)
        }
        if capture.path == "-", let path = output.path, OpenDescriptor.named(path) == STDOUT_FILENO {
            throw ValidationError("-o and -w cannot both be standard output")
        }
        if let one = files.output, let other = files.packets, areSameFile(one, other) {
            throw ValidationError("-o and -w name the same file, \(output.path ?? "")")
        }
        return (user, files)
    }

    /// Whether there is any output: not if standard output is for packets and there is no `-o`.
    private var wantsOutput: Bool { output.path != nil || capture.path != "-" }

    private func openRecorder(
        _ device: borrowing LiveDevice, _ descriptor: Int32?, _ secrets: SecretStore
    ) throws -> PacketRecorder? {
        guard let path = capture.path else { return nil }
        let source = PacketSource(
            interface: device.interface, linkType: device.linkType, snapLength: device.snapLength,
            filter: packetFilter, application: "wstap \(Wstap.version)")
        do throws(Privileges.Failure) {
            return try PacketRecorder(
                path: path, descriptor: descriptor, source: source, onlyWebSocket: capture.writesWebSocketOnly,
                secrets: capture.writesSecrets ? secrets : nil)
        } catch {
            throw failure(error.message)
        }
    }

    /// The descriptor that poll(2) watches, to notice before the next line that the reader has quit.
    private func watched(_ file: LiveOutput?) -> Int32? {
        if capture.path == "-" { return STDOUT_FILENO }
        return file?.isPipe == true ? file?.descriptor : nil
    }

    private func greet(_ device: borrowing LiveDevice, _ user: Privileges.User?) {
        guard !output.quiet else { return }
        let who = user.map { ", as user \($0.name)" } ?? ""
        complain(TerminalText.safe("capturing on \(device.interface) (\(device.linkType.name))\(who)"))
    }

    /// Reports a problem; returns the exit status for it.
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

/// Forwards events to a format, and records the connections that got a number.
struct LiveSink<Format: OutputFormat & ~Copyable>: EventSink, ~Copyable {
    /// The format.
    var format: Format
    /// Those connections, if they are wanted.
    private var announced: [AnnouncedConnection] = []
    /// Whether they are wanted.
    let recordsConnections: Bool

    init(_ format: consuming Format, recordsConnections: Bool) {
        self.format = format
        self.recordsConnections = recordsConnections
    }

    /// The connections that got a number since the last call.
    mutating func takeAnnounced() -> [AnnouncedConnection] {
        guard !announced.isEmpty else { return [] }
        defer { announced = [] }
        return announced
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        if recordsConnections {
            switch event {
            case .connection(let start): announced.append(AnnouncedConnection(start))
            default: break
            }
        }
        format.receive(event, at: context, payload: payload)
    }
}

/// A connection that got a number.
struct AnnouncedConnection {
    let ends: ConnectionEnds
    /// Names it in key logs; nil if it is not encrypted.
    let clientRandom: Random?

    init(_ start: borrowing ConnectionStart) {
        ends = ConnectionEnds(start.client, start.server)
        clientRandom = start.encryption?.clientRandom
    }
}
