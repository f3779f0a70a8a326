import Dispatch
import Foundation

/// `wstap live`, which captures, as a child process of the server.
enum CaptureProcess {
    /// The bytes of a payload that the page gets at most, unless the arguments set another limit.
    private static let payload = "65536"

    // Both are set once, before there are other threads.
    nonisolated(unsafe) private static var child: Process?
    nonisolated(unsafe) private static var signals: [any DispatchSourceSignal] = []

    /// Whether an argument of `wstap live` is `-Z` or `--user`: then this process might not be allowed to end it.
    static func namesUser(_ argument: String) -> Bool {
        argument == "--user" || argument.hasPrefix("--user=")
            || argument.prefixMatch(of: /-[A-Za-z]*Z/) != nil
    }

    /// Starts it.
    ///
    /// - Parameters:
    ///   - program: Its path; nil for the one beside this program, else on the PATH.
    ///   - arguments: What follows `live`.
    /// - Returns: The descriptor to read its trace from.
    /// - Throws: The system's error, if the program cannot be started.
    static func start(program: String?, arguments: [String]) throws -> Int32 {
        let process = Process()
        var words = ["live"] + arguments + ["--format", "jsonl"]
        if !arguments.contains(where: { $0.hasPrefix("--payload") }) { words += ["--payload", payload] }
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "wstap").path
        if let path = program ?? (FileManager.default.isExecutableFile(atPath: beside) ? beside : nil) {
            process.executableURL = URL(filePath: path)
        } else {
            process.executableURL = URL(filePath: "/usr/bin/env")
            words.insert("wstap", at: 0)
        }
        process.arguments = words
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        child = process
        // Whoever ends this process wants the capture to end as well.
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { Surroundings.quit(status: 128 + number) }
            source.resume()
            signals.append(source)
        }
        return dup(output.fileHandleForReading.fileDescriptor)
    }

    /// Ends it, if it was started: with a signal, and by force if it has not ended after two seconds.
    static func end() {
        guard let child, child.isRunning else { return }
        child.terminate()
        for _ in 0..<100 where child.isRunning { usleep(20_000) }
        if child.isRunning { kill(child.processIdentifier, SIGKILL) }
    }
}
