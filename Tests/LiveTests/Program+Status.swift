import Foundation
import TestSupport

extension Program {
    /// What Linux tells of it: the words of each line of `/proc/PID/status`, by their key.
    func status() -> [String: [String]] {
        status(of: "/proc/\(identifier)/status")
    }

    /// The same for each of its threads.
    func threadStatuses() throws -> [[String: [String]]] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/task").map {
            status(of: "/proc/\(identifier)/task/\($0)/status")
        }
    }

    private func status(of file: String) -> [String: [String]] {
        let lines = ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n")
        let pairs = lines.compactMap { line -> (String, [String])? in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.first.map { key in
                (String(key), parts.dropFirst().joined().split { $0 == " " || $0 == "\t" }.map(String.init))
            }
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
