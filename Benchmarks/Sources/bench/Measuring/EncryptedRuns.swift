import BenchmarkStages
import Foundation
import GeneratedCaptures

/// Measures captures in TLS against the same captures without it, and against libcrypto decrypting their records.
struct EncryptedRuns {
    /// A ratio.
    struct Row {
        let capture: String
        let reference: String
        let program: String
        let pairs: Pairs
    }

    let wstap: String
    /// The folder of `opener` and `timed`.
    let tools: URL
    let pairCount: Int

    /// Measures a capture.
    ///
    /// - Parameters:
    ///   - capture: The encrypted capture.
    ///   - plain: The same capture without TLS.
    /// - Returns: The ratios.
    /// - Throws: ``WrongCount`` if a program fails, or does not find the messages.
    func rows(_ capture: CaptureOnDisk, plain: CaptureOnDisk) throws -> [Row] {
        let keyLog = ["--keylog", capture.keyLogPath]
        let words = try ProgramRun.output(
            of: [wstap, capture.path, "-q", "--format", "jsonl", "--events", "summary"] + keyLog)
        guard words.contains("\"messages\":\(capture.truth.messages),") else {
            throw WrongCount(description: "wstap does not find \(capture.truth.messages) messages: \(words)")
        }
        func summary(_ path: String, _ options: [String]) throws -> Double {
            try ProgramRun(
                [wstap, path, "--format", "summary"] + options, timed: tools.appending(path: "timed").path
            ).seconds
        }
        func opening() throws -> Double {
            let output = try ProgramRun.output(of: [tools.appending(path: "opener").path, capture.recordsPath])
            guard let seconds = output.split(separator: " ").first.flatMap({ Double($0) }) else {
                throw WrongCount(description: "opener: \(output)")
            }
            return seconds
        }
        let one = ["--jobs", "1"]
        let rows: [(String, String, () throws -> Double, [String])] = [
            (
                "libcrypto alone, then plain `--jobs 1`", "`--jobs 1`",
                { try opening() + summary(plain.path, one) }, one + keyLog
            ),
            ("plain `--jobs 1`", "`--jobs 1`", { try summary(plain.path, one) }, one + keyLog),
            ("`--jobs 1`", "`--jobs 2`", { try summary(capture.path, one + keyLog) }, ["--jobs", "2"] + keyLog),
        ]
        return try rows.map { reference, program, measureReference, options in
            Row(
                capture: capture.name, reference: reference, program: program,
                pairs: try Pairs(
                    pairCount, reference: measureReference, own: { try summary(capture.path, options) }))
        }
    }
}
