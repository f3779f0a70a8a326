import HTTPTypes
import Hummingbird
import NIOCore

/// The connection that a request came in on.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address and port of this end.
    let address: (ip: String, port: Int)

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        let local = source.channel.localAddress
        address = (local?.ipAddress ?? "", local?.port ?? 0)
    }
}

/// Two resources behind the token: the page and its events.
struct LiveSite: HTTPResponder {
    let access: RequestGuard
    let events: EventStream
    let page = LivePage()

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        if let refusal = access.refusal(of: request, at: context.address) { return refusal }
        switch request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first {
        case "" where request.uri.path.count == access.token.count + 2:
            let fields: HTTPFields = [
                .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: page.policy,
            ]
            return Response(
                status: .ok, headers: fields + RequestGuard.safe, body: .init(byteBuffer: ByteBuffer(string: page.html))
            )
        case "events":
            let query = request.uri.queryParameters
            return events.response(
                after: query["after"].flatMap { UInt64($0) } ?? 0, of: query["run"].map(String.init))
        default: return RequestGuard.response(.notFound, "not found")
        }
    }
}
