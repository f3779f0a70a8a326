import CaptureAnalysis
import PacketDecoding

/// Describes proxies that end sessions.
enum ProxyMessages {
    /// The most sessions named for a proxy.
    private static let examples = 4

    /// A line for each proxy that ended sessions towards both ends, in order of appearance: "4 sessions were ended by
    /// the proxy 10.0.0.5:80 itself, towards both ends: #2/#1, …".
    static func lines(_ sessions: [ProxiedSession]) -> [String] {
        var endedByProxy: [(proxy: Endpoint, sessions: [ProxiedSession])] = []
        for session in sessions {
            guard let proxy = session.endedBy else { continue }
            if let place = endedByProxy.firstIndex(where: { $0.proxy == proxy }) {
                endedByProxy[place].sessions.append(session)
            } else {
                endedByProxy.append((proxy, [session]))
            }
        }
        return endedByProxy.map { proxy, ended in
            let names = ended.prefix(examples).map { session in
                session.connections.map { "#\($0)" }.joined(separator: "/")
            }
            return (ended.count == 1 ? "1 session was" : "\(Quantity.count(UInt64(ended.count), "session")) were")
                + " ended by the proxy \(proxy) itself, towards both ends: "
                + names.joined(separator: ", ") + (ended.count > examples ? ", …" : "")
        }
    }
}
