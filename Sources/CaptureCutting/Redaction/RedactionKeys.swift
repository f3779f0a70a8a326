/// The keys of a redaction: one for all connections, except those whose trace it would change.
///
/// After a gap, and in a session that began before the capture, frames are found by how their bytes look. If that is a
/// narrow decision, bytes replaced with another key may decide it as the original's did.
package struct RedactionKeys: Sendable {
    private let common: Pseudonyms
    /// By ``CaptureAnalysis/ConnectionStart/record``.
    private var others: [UInt64: Pseudonyms] = [:]

    /// Creates keys.
    ///
    /// - Parameter key: A secret key, for all connections.
    package init(_ key: (UInt64, UInt64)) {
        common = Pseudonyms(key: key)
    }

    /// Replaces the keys of some connections, for what is in their frames.
    ///
    /// - Parameters:
    ///   - connections: The connections.
    ///   - newKey: Makes a secret key.
    package mutating func change(for connections: some Sequence<UInt64>, _ newKey: () -> (UInt64, UInt64)) {
        for connection in connections { others[connection] = Pseudonyms(key: newKey()) }
    }

    /// What replaces texts in heads.
    var heads: Pseudonyms { common }

    /// Whether a connection has a key of its own.
    func isOther(_ connection: UInt64) -> Bool { others[connection] != nil }

    /// What replaces the frames of a connection.
    func frames(of connection: UInt64) -> Pseudonyms {
        others.isEmpty ? common : others[connection] ?? common
    }
}
