import ArgumentParser
import BenchmarkStages
import Foundation
import GeneratedCaptures

/// Measures everything and prints a page of the results.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure wstap: whole captures against libpcap and tshark, and each stage on its own.")

    @Option(help: "The program to measure.") var wstap = ".build/release/wstap"
    @Option(help: "Where captures are kept.") var captures: String
    @Option(help: "The captures' share of the full size.") var share = 1.0
    @Option(help: "The seed of the captures.") var seed: UInt64 = 1
    @Option(help: "How many pairs of runs count.") var pairs = 7
    @Option(help: "How often tshark reads each capture; 0: not at all.") var tsharkRuns = 1
    @Option(help: "Only this capture; repeatable.") var only: [String] = []
    @Option(help: "A line about the machine for the page; repeatable.") var fact: [String] = []
    @Flag(help: "Count allocations only; measure no time.") var allocations = false
    @Flag(help: "Measure captures inside TLS, and nothing else.") var encrypted = false
    @Flag(help: "Write the captures, and print the packets and the path of each; measure nothing.") var generate = false

    func validate() throws {
        guard pairs >= 1, share > 0 else { throw ValidationError("pairs and share must be positive") }
    }

    func run() throws {
        var report = Report(
            machine: Machine(facts: fact), pairCount: pairs, seed: seed, share: share, loadBefore: Machine.load)
        if encrypted { return try measureEncrypted(&report) }
        for profile in CaptureProfile.all where only.isEmpty || only.contains(profile.name) {
            say("generating \(profile.name)")
            report.captures.append(
                try CaptureOnDisk(profile, seed: seed, share: share, in: URL(filePath: captures)))
        }
        if generate {
            for capture in report.captures { print(capture.truth.packets, capture.path) }
            return
        }
        if !allocations { report.wholeRuns = try measureWholeRuns(report.captures) }
        for capture in report.captures { report.allocations += try countAllocations(capture) }
        report.stages = try stages(report.captures).map { stage in
            say("measuring \(stage.name)")
            return try StageResult(stage, pairs: allocations ? 0 : pairs)
        }
        print(allocations ? report.allocationText : report.text, terminator: "")
        guard report.excesses.isEmpty else {
            say("too many allocations: \(report.excesses.joined(separator: ", "))")
            throw ExitCode(1)
        }
    }

    private func measureEncrypted(_ report: inout Report) throws {
        let tools = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let runs = EncryptedRuns(wstap: wstap, tools: tools, pairCount: pairs)
        for profile in CaptureProfile.encrypted where only.isEmpty || only.contains(profile.name) {
            say("generating \(profile.name)")
            let folder = URL(filePath: captures)
            let capture = try CaptureOnDisk(profile, seed: seed, share: share, in: folder)
            let plain = try CaptureOnDisk(profile.plain, seed: seed, share: share, in: folder)
            report.captures += [capture, plain]
            say("measuring \(profile.name)")
            report.encryptedRuns += try runs.rows(capture, plain: plain)
        }
        print(report.encryptedText, terminator: "")
    }

    private func measureWholeRuns(_ captures: [CaptureOnDisk]) throws -> [WholeRuns.Row] {
        let tools = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let runs = WholeRuns(wstap: wstap, tools: tools, pairCount: pairs, tsharkRuns: tsharkRuns)
        return try captures.flatMap { capture in
            say("measuring \(capture.name)")
            return try runs.rows(capture)
        }
    }

    private func countAllocations(_ capture: CaptureOnDisk) throws -> [WholeAllocations] {
        try WholeFormat.allCases.map { try WholeAllocations(capture, $0, isLimited: share >= 1) }
    }

    private func stages(_ captures: [CaptureOnDisk]) throws -> [any Stage] {
        var stages = captures.flatMap { Stages.packets($0, against: References.libpcap) }
        stages += Stages.streams(inflatingAgainst: References.zlib)
        if let chats = captures.first(where: { $0.name == "small" }) { stages.append(try Stages.json(chats)) }
        return stages
    }

    private func say(_ words: String) { FileHandle.standardError.write(Data("bench: \(words)\n".utf8)) }
}
