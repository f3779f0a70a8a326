import ArgumentParser
import CaptureAnalysis
import CaptureCutting
import PacketCapture
import PacketDecoding
import TraceOutput
import WireFormat

/// A run of `wstap cut --shards`: all connections, dealt to several files by their ends.
struct ShardRun {
    var input: SessionInput
    var folder: String
    var count: Int
    var isWebSocketOnly: Bool
    var includesUDP: Bool

    /// The most files.
    static let maximumCount = 500

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        Interruption.prepare()
        let target = try OutputFolder(folder)
        defer { target.removeIfNewAndEmpty() }
        try deal()
    }

    private func deal() throws {
        let (selected, selectionStatus) = try select()
        let tracer = try PacketTracer(
            shardCount: count, selected: selected,
            pipeline: selected.map { _ in Pipeline(options: try input.options()) })
        var dealer = ShardDealer(
            files: try ShardFiles(count: count, in: folder), tracer: tracer, includesUDP: includesUDP)
        let (problems, secrets) = try input.eachPacket { packet, capture in try dealer.deal(packet, of: capture) }
        let packetCount = try dealer.finish(secrets: secrets)
        var status = selectionStatus
        // Where sessions were selected, the first pass told of them.
        if selected == nil || selected?.others != nil {
            for problem in problems { complain(problem.description) }
            if !problems.isEmpty { status = ExitCode(ExitStatus.partlyRead) }
        }
        if !input.messages.quiet {
            let others = selected?.others.map { "; \($0.count) connections of something else are left out" } ?? ""
            complain(TerminalText.safe("\(packetCount) packets written to \(count) files in \(folder)\(others)"))
        }
        input.report(abandonedFragments: dealer.abandonedFragments)
        if status != .success { throw status }
    }

    /// Finds the connections that are wanted; nil if all are.
    private func select() throws -> (SelectedConnections?, ExitCode) {
        let command = "wstap cut --websocket-only"
        guard isWebSocketOnly else { return (nil, .success) }
        if input.sessions.isEmpty { return (try input.excludeOthers(for: command), .success) }
        return try input.select(for: command)
    }
}
