import ArgumentParser
import CaptureAnalysis
import CaptureCutting
import PacketCapture
import PacketDecoding
import TraceOutput
import WireFormat

/// A run of `wstap cut --shards`: all connections, dealt to several files by their ends.
///
/// It makes one pass over the input. The last packet of a connection may be the one that shows whether it is WebSocket.
/// So with `--websocket-only` the files get all packets in doubt, each with its connection, and those of unwanted
/// connections are removed in place at the end.
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
        let analysis = isWebSocketOnly ? SelectingAnalysis(input) : nil
        var dealer = ShardDealer(
            files: try ShardFiles(count: count, in: folder),
            tracer: PacketTracer(shardCount: count, analysis: analysis), includesUDP: includesUDP)
        let found = try input.eachPacket(for: analysis) { packet, options, capture in
            try dealer.deal(packet, options: options, of: capture)
        }
        let status = try conclude(found, analysis)
        let packetCount = try dealer.finish(secrets: found.secrets, selected: analysis?.selected)
        if !input.messages.quiet {
            let others = (analysis?.selected.others).map {
                "; \($0.count) connections that are not WebSocket are left out"
            }
            complain(
                TerminalText.safe("\(packetCount) packets written to \(count) files in \(folder)\(others ?? "")"))
        }
        input.report(abandonedFragments: dealer.abandonedFragments)
        if status != .success { throw status }
    }

    /// Reports what was wrong with the input, and filters that matched nothing.
    ///
    /// - Returns: The exit status.
    /// - Throws: If nothing can be read.
    private func conclude(_ found: SessionInput.Pass, _ analysis: SelectingAnalysis?) throws -> ExitCode {
        guard let analysis, let summary = analysis.finish(), analysis.selected.others == nil else {
            for problem in found.problems { complain(problem.description) }
            return found.problems.isEmpty ? .success : ExitCode(ExitStatus.partlyRead)
        }
        let status = try input.conclude(found, summary)
        input.reportOmissions(analysis.selected)
        return status
    }
}
