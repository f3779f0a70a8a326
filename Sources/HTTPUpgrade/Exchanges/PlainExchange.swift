/// A plain request that is reported with its response if it polls, or if the response begins an event stream.
///
/// An object, since it is large and few connections have one.
final class WatchedRequest: Sendable {
    /// The request.
    let request: HTTPRequest
    /// Whether it polls.
    let isPolling: Bool

    init(_ request: HTTPRequest, isPolling: Bool) {
        self.request = request
        self.isPolling = isPolling
    }
}

/// A request that polls, or one for an event stream, and its response.
///
/// An object, as ``UpgradeAnswer`` is.
package final class PlainExchange: Sendable {
    /// The request.
    package let request: HTTPRequest
    /// The final response.
    package let response: HTTPResponse
    /// Whether the response begins an event stream; otherwise the request polls.
    package let isEventStream: Bool

    init(_ request: HTTPRequest, response: consuming HTTPResponse, isEventStream: Bool) {
        self.request = request
        self.response = response
        self.isEventStream = isEventStream
    }
}

extension UpgradeFollower {
    /// The size of the request kept for a report with its response, in bytes.
    package var watchedCount: Int { watched?.request.cost ?? 0 }

    /// Drops that request without reporting it.
    package mutating func stopWatching() {
        watched = nil
    }
}
