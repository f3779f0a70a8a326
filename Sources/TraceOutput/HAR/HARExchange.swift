import CaptureAnalysis
import WireFormat

/// Writes the request and the response of an entry.
extension OutputBuffer {
    /// Appends members `request` and `response`.
    ///
    /// - Parameters:
    ///   - heads: The exchange.
    ///   - unknown: The URL if the request is missing from the capture.
    mutating func append(_ heads: borrowing HTTPHeads, withoutRequest unknown: String) {
        if heads.url.isEmpty { append(#","_urlUnknown":true"#) }
        append(#","request":{"method":"#)
        append(jsonString: heads.method.isEmpty ? "GET" : heads.method)
        append(#","url":"#)
        append(uri: heads.url.isEmpty ? unknown : heads.url)
        append(#","httpVersion":"#)
        append(jsonString: "HTTP/" + heads.httpVersion)
        append(#","headers":["#)
        append(fields: heads.requestHeader)
        append(#"],"cookies":["#)
        append(cookies: heads.requestHeader, of: "cookie", separator: ";", onlyFirst: false)
        append(#"],"queryString":["#)
        append(queryOf: heads.target)
        append(#"],"headersSize":-1,"bodySize":0},"response":{"status":"#)
        let status = heads.status ?? 0
        append(decimal: UInt64(status))
        append(#","statusText":"#)
        append(jsonString: Self.reason(of: status))
        append(#","httpVersion":"#)
        append(jsonString: "HTTP/" + (heads.responseHTTPVersion ?? heads.httpVersion))
        append(#","headers":["#)
        append(fields: heads.responseHeader)
        append(#"],"cookies":["#)
        append(cookies: heads.responseHeader, of: "set-cookie", separator: ";", onlyFirst: true)
        append(#"],"content":{"size":0,"mimeType":"x-unknown"},"redirectURL":"#)
        append(jsonString: heads.responseHeader.all.first { $0.name.lowercased() == "location" }?.value ?? "")
        append(#","headersSize":-1,"bodySize":-1}"#)
    }

    /// Appends a request and a response that are missing from the capture.
    mutating func append(unseenExchangeWith url: String) {
        append(#","request":{"method":"GET","url":"#)
        append(uri: url)
        append(#","httpVersion":"HTTP/1.1","headers":[],"cookies":[],"queryString":[],"headersSize":-1,"bodySize":0}"#)
        append(#","response":{"status":101,"statusText":"Switching Protocols","httpVersion":"HTTP/1.1","headers":[]"#)
        append(#","cookies":[],"content":{"size":0,"mimeType":"x-unknown"},"redirectURL":"""#)
        append(#","headersSize":-1,"bodySize":-1}"#)
    }

    /// Appends members `name` and `value`, as the elements of an array.
    private mutating func append(name: String, value: String, isFirst: Bool) {
        append(isFirst ? #"{"name":"# : #",{"name":"#)
        append(jsonString: name)
        append(#","value":"#)
        append(jsonString: value)
        append("}")
    }

    private mutating func append(fields: borrowing HTTPFields) {
        for (index, field) in fields.all.enumerated() {
            append(name: field.name, value: field.value, isFirst: index == 0)
        }
    }

    /// Appends the cookies in all fields of a name, without their attributes (RFC 6265 4).
    private mutating func append(
        cookies fields: borrowing HTTPFields, of name: String, separator: Character, onlyFirst: Bool
    ) {
        var isFirst = true
        for field in fields.all where field.name.lowercased() == name {
            let pairs = field.value.split(separator: separator)
            for pair in onlyFirst ? pairs.prefix(1) : pairs[...] {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let key = String(parts[0].drop { $0 == " " })
                append(name: key, value: parts.count > 1 ? String(parts[1]) : "", isFirst: isFirst)
                isFirst = false
            }
        }
    }

    /// Appends the parameters of a request target's query, as they were sent.
    private mutating func append(queryOf target: String) {
        guard let start = target.firstIndex(of: "?") else { return }
        var isFirst = true
        for pair in target[start...].dropFirst().split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            append(name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "", isFirst: isFirst)
            isFirst = false
        }
    }

    /// Appends a URL as a string; bytes that are not allowed in a URI are percent-encoded (RFC 3986 2).
    private mutating func append(uri text: String) {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            // All of US-ASCII except control characters, space and "<>\^`{|}; percent signs stay.
            case 0x21, 0x23...0x3b, 0x3d, 0x3f...0x5b, 0x5d, 0x5f, 0x61...0x7a, 0x7e: encoded.append(byte)
            default:
                encoded.append(UInt8(ascii: "%"))
                for digit in [byte >> 4, byte & 15] { encoded.append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
            }
        }
        append(jsonString: encoded.span)
    }

    /// The usual reason phrase of a status; empty if there is none.
    private static func reason(of status: Int) -> String {
        switch status {
        case 101: "Switching Protocols"
        case 200: "OK"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 407: "Proxy Authentication Required"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: ""
        }
    }
}
