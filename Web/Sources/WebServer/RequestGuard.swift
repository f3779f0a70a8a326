import HTTPTypes
import Hummingbird

/// Decides which requests are allowed: those of the page itself, and of whoever has its address.
///
/// A page of another site cannot know the token. Its requests are also refused because of their Origin and Host, so
/// that they fail even if the token leaks, or if a name is made to point here (DNS rebinding).
struct RequestGuard: Sendable {
    /// The secret part of the page's address.
    let token: String
    /// Names and addresses of this machine, in addition to the address that a connection came in on.
    let names: [String]

    /// Checks a request before it is handled.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - address: The address that its connection came in on, and the port.
    /// - Returns: The reason to refuse it; nil if it is allowed.
    func refusal(of request: Request, at address: (ip: String, port: Int)) -> Response? {
        guard request.method == .get else {
            return Self.response(.methodNotAllowed, "GET only", [.allow: "GET"])
        }
        // The first one is the authority; there may be no other (RFC 9112 3.2).
        guard !request.headers.contains(where: { $0.name.canonicalName == "host" }) else {
            return Self.response(.badRequest, "more than one Host")
        }
        let hosts = allowedHosts(address)
        guard let host = request.head.authority?.lowercased(), hosts.contains(host) else {
            return Self.response(.forbidden, "wrong Host")
        }
        let origins = request.headers[values: .origin]
        guard origins.allSatisfy({ $0.lowercased() == "http://\(host)" }) else {
            return Self.response(.forbidden, "wrong Origin")
        }
        if let site = request.headers.first(where: { $0.name.canonicalName == "sec-fetch-site" })?.value,
            site != "same-origin", site != "none"
        {
            return Self.response(.forbidden, "from another site")
        }
        let given = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().first ?? ""
        guard Self.areEqual(Array(given.utf8), Array(token.utf8)) else {
            return Self.response(.forbidden, "wrong token")
        }
        return nil
    }

    private func allowedHosts(_ address: (ip: String, port: Int)) -> [String] {
        // A socket of IPv6 that takes IPv4 as well shows its address as a mapped one (RFC 4291 2.5.5.2).
        let mapped = "::ffff:"
        let ip = address.ip.hasPrefix(mapped) ? String(address.ip.dropFirst(mapped.count)) : address.ip
        var hosts = names + [ip]
        if ip == "127.0.0.1" || ip == "::1" { hosts.append("localhost") }
        return hosts.flatMap { host in
            let host = host.contains(":") ? "[\(host.lowercased())]" : host.lowercased()
            return address.port == 80 ? [host, "\(host):80"] : ["\(host):\(address.port)"]
        }
    }

    /// Compares in constant time, so that the time does not reveal where they differ.
    private static func areEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        guard first.count == second.count else { return false }
        return zip(first, second).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// A response with a short text.
    static func response(_ status: HTTPResponse.Status, _ text: String, _ fields: HTTPFields = [:]) -> Response {
        var fields = fields
        fields[.contentType] = "text/plain; charset=utf-8"
        return Response(
            status: status, headers: fields + safe, body: .init(byteBuffer: ByteBuffer(string: text + "\n")))
    }

    /// The headers of all responses: not to be stored, framed, guessed at, or named to other servers.
    static let safe: HTTPFields = {
        let fields = [
            "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
            "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        ]
        return HTTPFields(
            fields.compactMap { name, value in HTTPField.Name(name).map { HTTPField(name: $0, value: value) } })
    }()
}

func + (first: HTTPFields, second: HTTPFields) -> HTTPFields {
    var all = first
    for field in second { all.append(field) }
    return all
}
