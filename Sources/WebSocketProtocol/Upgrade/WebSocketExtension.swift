/// One entry of Sec-WebSocket-Extensions (RFC 6455 9.1).
public struct WebSocketExtension: Hashable, Sendable {
    /// A parameter: `name` or `name=value`.
    public struct Parameter: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The value, without quotes; nil when there is none.
        public var value: String?

        /// Makes a parameter.
        public init(name: String, value: String?) {
            self.name = name
            self.value = value
        }
    }

    /// The registered name, such as "permessage-deflate".
    public var name: String
    /// Its parameters in order.
    public var parameters: [Parameter]

    /// Makes an extension.
    public init(name: String, parameters: [Parameter]) {
        self.name = name
        self.parameters = parameters
    }
}
