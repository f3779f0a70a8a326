import ArgumentParser
import CaptureAnalysis

/// `wstap redact`: sessions without their contents.
struct RedactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redact",
        abstract: "Write sessions to a file without what was said in them.",
        discussion: """
            wstap redact chat.pcap -o share.pcapng

            The same packets, times, lengths, frames and findings, but payloads, cookies, tokens, paths, queries \
            and whatever else is not known to be harmless are replaced. Everything that is not WebSocket is left out, and so are \
            encrypted connections, HTTP/2, names, comments and secrets. Addresses and host names stay unless \
            --addresses is given. Read the report on standard error, and see docs/redact.md for what \
            remains visible. The input is read three times, so it cannot be a pipe.
            """)

    @Argument(help: ArgumentHelp("A pcap or pcapng file.", valueName: "file"), completion: .file())
    var files: [String]

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The file to write, which appears complete or not at all.", valueName: "path"),
        completion: .file())
    var path: String

    @Flag(help: "Keep the keys of JSON objects.")
    var keepKeys = false

    @Flag(help: "Replace IP and hardware addresses, and host names; common prefixes stay common.")
    var addresses = false

    @Option(help: ArgumentHelp("Write the report to this file instead of standard error.", valueName: "path"))
    var report: String?

    @OptionGroup
    var options: SessionInputOptions

    func run() throws {
        try RedactRun(
            input: options.input(files), path: path, reportPath: report, keepsKeys: keepKeys,
            replacesAddresses: addresses
        ).run()
    }
}
