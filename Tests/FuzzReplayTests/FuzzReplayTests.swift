import Foundation
import FuzzTargets
import TestSupport
import Testing

/// Inputs that once failed, each in the target in which it failed; `scripts/fuzz` adds new ones.
@Suite("What fuzzing found stays fixed")
struct FuzzReplayTests {
    struct Failure: CustomStringConvertible, Sendable {
        let target: FuzzTarget
        let file: URL

        var description: String { "\(target.rawValue)/\(file.lastPathComponent)" }

        /// Every file under `Fuzzing/Failures/`.
        static var all: [Failure] {
            let folder = Repository.root.appending(path: "Fuzzing/Failures")
            return FuzzTarget.allCases.flatMap { target in
                let files = try? FileManager.default.contentsOfDirectory(
                    at: folder.appending(path: target.rawValue), includingPropertiesForKeys: nil)
                return (files ?? []).sorted { $0.path < $1.path }.map { Failure(target: target, file: $0) }
            }
        }
    }

    /// Runs inputs in a target.
    ///
    /// The memory target gets a separate process, since this one's heap holds what other tests take.
    private func run(_ inputs: [[UInt8]], in target: FuzzTarget) async throws {
        guard target == .memory else {
            for input in inputs { try target.run(input) }
            return
        }
        await #expect(processExitsWith: .success) { [inputs = inputs as [[UInt8]]] in
            for input in inputs { try FuzzTarget.memory.run(input) }
        }
    }

    @Test("Every failure", arguments: Failure.all)
    func failure(_ failure: Failure) async throws {
        try await run([[UInt8](Data(contentsOf: failure.file))], in: failure.target)
    }

    @Test("Every target accepts empty, short and uniform input", arguments: FuzzTarget.allCases)
    func uniform(_ target: FuzzTarget) async throws {
        let bytes: [UInt8] = [0, 1, 0x0a, 0x7f, 0x81, 0xff]
        // Four bytes make up to 4,000 packets in the memory target.
        let lengths = target == .memory ? [1, 2, 7, 24] : [1, 2, 7, 64, 500]
        let inputs = bytes.flatMap { byte in lengths.map { [UInt8](repeating: byte, count: $0) } }
        try await run([[]] + inputs, in: target)
    }
}
