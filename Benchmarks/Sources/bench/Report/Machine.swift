import Foundation

/// The machine on which the measurements run.
struct Machine {
    /// The lines of a list, in Markdown.
    let lines: [String]

    /// Describes this machine.
    ///
    /// - Parameter facts: Facts that the script provides: "name: value".
    init(facts: [String]) {
        let information = ProcessInfo.processInfo
        let model = Self.value(of: "model name", in: "/proc/cpuinfo") ?? "unknown processor"
        let memory = Double(information.physicalMemory) / Double(1 << 30)
        lines =
            [
                "\(model), \(information.activeProcessorCount) cores, \(memory.formatted(decimals: 1)) GiB of memory",
                information.operatingSystemVersionString,
            ] + facts
    }

    /// The load average of the last minute; nil if the system does not report it.
    static var load: Double? {
        var loads = [0.0]
        return getloadavg(&loads, 1) == 1 ? loads[0] : nil
    }

    private static func value(of name: String, in file: String) -> String? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) })
        else { return nil }
        return line.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

extension Double {
    /// The number with this many decimals.
    func formatted(decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}
