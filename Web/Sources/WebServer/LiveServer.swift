import Hummingbird
import HummingbirdCore
import Logging

/// Serves a trace to browsers, as a page that follows it.
///
/// It only reads lines: nothing here captures, or could.
public struct LiveServer: Sendable {
    /// How to serve.
    public struct Options: Sendable {
        /// The address to listen on.
        public var address: String
        /// The port; 0 for any that is free.
        public var port: Int
        /// Who knows it is let in.
        public var token: String
        /// Names of this machine that browsers may use in addresses.
        public var names: [String]

        /// Serves on loopback, unless told otherwise.
        public init(address: String = "127.0.0.1", port: Int = 8377, token: String, names: [String] = []) {
            (self.address, self.port, self.token, self.names) = (address, port, token, names)
        }
    }

    /// The most connections at a time.
    static let maximumConnections = 64

    private let options: Options
    private let ring: EventRing

    /// Creates a server that does not listen yet.
    public init(ring: EventRing, options: Options) {
        (self.ring, self.options) = (ring, options)
    }

    /// A token that nobody guesses: 128 random bits.
    public static func randomToken() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        return String((0..<22).map { _ in digits[Int(generator.next() & 63)] })
    }

    /// Whether an address is this machine's own, which no other can reach.
    public static func isLoopback(_ address: String) -> Bool {
        address == "::1" || address == "localhost"
            || (address.hasPrefix("127.") && address.allSatisfy { $0.isNumber || $0 == "." })
    }

    /// Listens until the task is cancelled.
    ///
    /// - Parameter ready: Called with the page's address once the server listens.
    /// - Throws: What the system says if it cannot listen.
    public func run(ready: @escaping @Sendable (String) -> Void) async throws {
        let options = options
        let site = LiveSite(
            access: RequestGuard(token: options.token, names: options.names),
            events: EventStream(ring: ring, run: Self.randomToken()))
        var logger = Logger(label: "wstap-web")
        logger.logLevel = .error
        let application = Application(
            responder: site, server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: .hostname(options.address, port: options.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.maximumConnections)),
            onServerRunning: { channel in
                let host = options.names.first ?? options.address
                let shown = host.contains(":") ? "[\(host)]" : host
                ready("http://\(shown):\(channel.localAddress?.port ?? options.port)/\(options.token)/")
            }, logger: logger)
        try await application.run()
    }
}
