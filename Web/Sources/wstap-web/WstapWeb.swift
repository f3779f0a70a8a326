import ArgumentParser
import WebServer

/// `wstap-web`: shows a growing trace in a browser.
@main
struct WstapWeb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wstap-web",
        abstract: "Show a live capture in a browser.",
        usage: """
            sudo wstap live -i <interface> --format jsonl | wstap-web [<options>]
            wstap-web [<options>] live <arguments of wstap live>
            """,
        discussion: """
            Prints the address of a page that follows the trace. Whoever has the address sees all payloads; it holds a random \
            token, and by default no other machine reaches it.

            This program never captures. It reads a trace from standard input, or runs wstap live for you. Started as root, \
            it continues as the user who called sudo, else as nobody, before it listens.
            """)

    @Option(
        help: ArgumentHelp("Listen on this address; others than loopback need a token of yours.", valueName: "address"))
    var bind = "127.0.0.1"

    @Option(help: ArgumentHelp("Listen on this port; 0 for any that is free.", valueName: "port"))
    var port = 8377

    @Option(
        help: ArgumentHelp(
            "The token in the page's address, instead of a random one: 16 or more letters, digits, hyphens and underscores. "
                + "WSTAP_WEB_TOKEN does the same, and other users do not see it.", valueName: "token"))
    var token: String?

    @Option(help: ArgumentHelp("A name of this machine that may stand in the page's address.", valueName: "name"))
    var name: [String] = []

    @Option(
        help: ArgumentHelp(
            "The wstap to run; by default the one beside this program, else on the PATH.", valueName: "path"))
    var wstap: String?

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp(
            "live and its arguments; without it, the trace comes from standard input.", valueName: "live …"))
    var capture: [String] = []

    /// The token from the options or the environment.
    private var ownToken: String? { token ?? Surroundings.variable("WSTAP_WEB_TOKEN") }

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("there is no port \(port)") }
        if let ownToken {
            let isPlain = ownToken.utf8.allSatisfy {
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0
                    || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
            guard isPlain, (16...128).contains(ownToken.utf8.count) else {
                throw ValidationError("a token has 16 to 128 letters, digits, hyphens and underscores")
            }
        } else if !LiveServer.isLoopback(bind) {
            throw ValidationError("--bind \(bind) lets other machines in: choose a --token (or WSTAP_WEB_TOKEN)")
        }
        // Arguments that may be meant for wstap live are not parsed, so this one is not either.
        if let first = capture.first, first == "-h" || first == "--help" { throw CleanExit.helpRequest(self) }
        if let first = capture.first, first != "live" {
            throw ValidationError("\"\(first)\": only \"live\" and its arguments may follow")
        }
        if let option = capture.dropFirst().first(where: CaptureProcess.namesUser) {
            throw ValidationError(
                "\(option): this program could not end a capture of another user: pipe "
                    + "\"wstap live … --format jsonl\" in instead")
        }
        if capture.isEmpty, Surroundings.isTerminal(0) {
            throw ValidationError("no trace: pipe \"wstap live … --format jsonl\" in, or add \"live …\"")
        }
    }

    func run() throws {
        // Later threads and the capture inherit this thread's signal mask.
        Surroundings.acceptSignals()
        let input =
            capture.isEmpty ? 0 : try CaptureProcess.start(program: wstap, arguments: Array(capture.dropFirst()))
        // Before there are other threads: on Linux, each thread has its own privileges.
        try Surroundings.giveUpRoot()
        let ring = EventRing()
        TraceFeed.start(descriptor: input, ring: ring) {
            Surroundings.say("wstap-web: the input is not a trace of wstap (--format jsonl)")
            Surroundings.quit(status: 65)
        }
        let options = LiveServer.Options(
            address: bind, port: port, token: ownToken ?? LiveServer.randomToken(), names: name)
        let isExposed = !LiveServer.isLoopback(bind)
        Task.detached {
            do {
                try await LiveServer(ring: ring, options: options).run { address in
                    if isExposed { Surroundings.say(Self.exposure(of: options.address)) }
                    Surroundings.say("Open \(address)")
                }
            } catch {
                Surroundings.say("wstap-web: cannot listen on \(options.address), port \(options.port): \(error)")
            }
            Surroundings.quit(status: 2)
        }
        // The first thread stays, since the system shows its privileges as those of the process.
        Surroundings.waitForever()
    }

    private static func exposure(of address: String) -> String {
        "wstap-web: listening on \(address): whoever can reach this machine there and knows the token sees all payloads and "
            + "headers of the capture; so does whoever reads the traffic in between, which is not encrypted."
    }
}
