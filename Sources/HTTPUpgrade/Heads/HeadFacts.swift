import WireFormat

/// The facts of a head that decide about message framing and upgrades, read without making strings.
struct HeadFacts {
    /// What the Content-Length fields say (RFC 9110 8.6).
    enum ContentLength: Equatable {
        /// There are none.
        case absent
        /// They agree on this number.
        case bytes(UInt64)
        /// One is not a number, or they disagree.
        case invalid
    }

    /// What the Content-Length fields say.
    private(set) var contentLength = ContentLength.absent
    /// Whether there is a Transfer-Encoding field.
    private(set) var hasTransferEncoding = false
    /// Whether "chunked" is the last transfer coding (RFC 9112 6.1).
    private(set) var isChunked = false
    /// Whether the content is of type text/event-stream.
    private(set) var isEventStream = false

    /// The fields that decide about an upgrade.
    private(set) var upgrade = UpgradeFields()
    /// Whether there is an Upgrade field.
    var hasUpgrade: Bool { upgrade.hasUpgrade }
    /// Whether an Upgrade field names WebSocket.
    var namesWebSocket: Bool { upgrade.namesWebSocket }
    /// Whether it asks for WebSocket: with an Upgrade field, or with a key and a version that an intermediary has left
    /// of it.
    var asksForWebSocket: Bool {
        upgrade.namesWebSocket || !upgrade.hasUpgrade && upgrade.key != nil && upgrade.version != nil
    }
    /// Whether there is a field that frames a body.
    var hasBodyField: Bool { hasTransferEncoding || contentLength != .absent }

    /// Reads the fields of a head; `start` is where the line after the first begins.
    init(_ head: Span<UInt8>, after start: Int) {
        var reader = FieldReader(at: start)
        while let field = reader.next(in: head) {
            upgrade.record(field, in: head, after: start)
            switch field.name.count {
            case 12 where head.equalsIgnoringCase("content-type", in: field.name):
                let type = field.value.prefix("text/event-stream".utf8.count)
                isEventStream = head.equalsIgnoringCase("text/event-stream", in: type)
            case 14 where head.equalsIgnoringCase("content-length", in: field.name):
                let hasLength = forEachElement(of: field.value, in: head) { $0.addContentLength($1, in: head) }
                if !hasLength { contentLength = .invalid }
            case 17 where head.equalsIgnoringCase("transfer-encoding", in: field.name):
                hasTransferEncoding = true
                forEachElement(of: field.value, in: head) { facts, element in
                    facts.isChunked = head.equalsIgnoringCase("chunked", in: element)
                }
            default: break
            }
        }
    }

    /// Calls `body` with the range of each element of a list; empty ones do not count (RFC 9110 5.6.1.2).
    ///
    /// - Returns: Whether there are any.
    @discardableResult
    private mutating func forEachElement(
        of value: Range<Int>, in head: Span<UInt8>, _ body: (inout HeadFacts, Range<Int>) -> Void
    ) -> Bool {
        var start = value.lowerBound
        var hasElements = false
        while start <= value.upperBound {
            let comma = head.index(of: UInt8(ascii: ","), in: start..<value.upperBound)
            let element = head.trimmed(start..<comma)
            if !element.isEmpty {
                hasElements = true
                body(&self, element)
            }
            start = comma + 1
        }
        return hasElements
    }

    /// RFC 9112 6.3, item 5: repeated lengths count as one if they agree.
    private mutating func addContentLength(_ digits: Range<Int>, in head: Span<UInt8>) {
        var length: UInt64 = 0
        var isValid = true
        for index in digits {
            let (product, overflows) = length.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(head[index] &- UInt8(ascii: "0")))
            isValid = isValid && head[index].isDigit && !overflows && !carries
            length = sum
        }
        let agrees = contentLength == .absent || contentLength == .bytes(length)
        contentLength = isValid && agrees ? .bytes(length) : .invalid
    }
}
