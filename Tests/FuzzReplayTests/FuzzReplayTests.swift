import Foundation
import FuzzTargets
import TestSupport
import Testing

/// Inputs that once failed, each through the target that it failed in; `scripts/fuzz` puts new ones there.
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

    @Test("Every failure", arguments: Failure.all)
    func failure(_ failure: Failure) throws {
        try failure.target.run([UInt8](Data(contentsOf: failure.file)))
    }

    @Test("Every target accepts empty, short and uniform input", arguments: FuzzTarget.allCases)
    func uniform(_ target: FuzzTarget) throws {
        try target.run([])
        for byte in [0, 1, 0x0a, 0x7f, 0x81, 0xff] as [UInt8] {
            for count in [1, 2, 7, 64, 500] { try target.run([UInt8](repeating: byte, count: count)) }
        }
    }
}
