import Hummingbird
import HummingbirdCore
import Logging

/// Serves a page that follows a trace.
///
/// It only reads lines; it cannot capture.
public struct LiveServer: Sendable {
    /// How to serve.
    public struct Options: Sendable {
        /// The address to listen on.
        public var address: String
        /// The port; 0 for any that is free.
        public var port: Int
        /// The secret part of the page's address; whoever knows it has access.
        public var token: String
        /// Names of this machine that may stand in the page's address.
        public var names: [String]

        /// Creates a configuration; by default for loopback only.
        public init(address: String = "127.0.0.1", port: Int = 8377, token: String, names: [String] = []) {
            (self.address, self.port, self.token, self.names) = (address, port, token, names)
        }
    }

    /// The maximum number of simultaneous connections.
    static let maximumConnections = 64

    private let options: Options
    private let ring: EventRing

    /// Creates a server, which does not listen yet.
    public init(ring: EventRing, options: Options) {
        (self.ring, self.options) = (ring, options)
    }

    /// A token that cannot be guessed: 128 random bits.
    public static func randomToken() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        return String((0..<22).map { _ in digits[Int(generator.next() & 63)] })
    }

    /// Whether an address is a loopback address, which other machines cannot reach.
    public static func isLoopback(_ address: String) -> Bool {
        address == "::1" || address == "localhost"
            || (address.hasPrefix("127.") && address.allSatisfy { $0.isNumber || $0 == "." })
    }

    /// Listens until the task is cancelled.
    ///
    /// - Parameter ready: Called with the page's address once the server listens.
    /// - Throws: The system's error, if it cannot listen.
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
