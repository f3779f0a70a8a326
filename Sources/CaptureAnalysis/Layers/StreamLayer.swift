package import HTTPUpgrade
package import PacketDecoding
package import TLSDecryption
package import WireFormat

/// Something between TCP and sessions: it decrypts both streams of a connection, or splits them into several.
///
/// It gets the bytes of both streams in order, and appends what it decodes to a ``LayerOutput``. It need not know what
/// happens to that: each of its streams is read like a TCP connection of its own, from the first byte on, by another
/// layer, or by an opening and then a session. It knows nothing of TCP, WebSocket or events.
///
/// A ``StreamLayerProvider`` provides it, once per connection.
package protocol StreamLayer: AnyObject {
    /// The memory that it currently keeps, in bytes, for the bounds.
    var cost: Int { get }

    /// Whether the streams that it carries began before the capture, so that their first bytes are unknown.
    var beginsMidstream: Bool { get }

    /// Whether it can yield nothing more, so that it needs no further bytes.
    var isSpent: Bool { get }

    /// The obstacle that keeps a whole stream from being decrypted, though the other one may be; nil if there is none.
    ///
    /// - Parameter direction: The stream.
    /// - Returns: The obstacle.
    func obstacle(to direction: Direction) -> TLSFacts.Obstacle?

    /// The encryption that it removes; nil if it removes none.
    var encryption: Encryption? { get }

    /// The result of its TLS connection; nil if it is something else.
    var encryptedOutcome: TLSOutcome? { get }

    /// Memory outside the object that it needs each time, for prefetching.
    var hotState: UnsafeRawBufferPointer? { get }

    /// Prefetches what the next bytes of a stream will need, besides ``hotState``.
    ///
    /// - Parameters:
    ///   - step: The 0-based step, of two; each reads only what the previous one prefetched, the first only
    ///     ``hotState``.
    ///   - direction: The stream.
    func prefetch(step: Int, _ direction: Direction)

    /// Takes the next bytes of a stream, however many there are, and keeps what is incomplete.
    ///
    /// - Parameters:
    ///   - bytes: The bytes; borrowed for the call.
    ///   - place: Their place, and what carried them.
    ///   - output: Receives what they decode to.
    func receive(_ bytes: Span<UInt8>, at place: StreamPlace, into output: inout LayerOutput)

    /// Optional fast path for a layer with one stream; same result as ``receive(_:at:into:)``.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of a stream.
    ///   - direction: The stream.
    ///   - room: Receives what the first of them decode to.
    /// - Returns: How many bytes were decoded, and to how many; nil if nothing has changed.
    func decodeFirst(
        of bytes: Span<UInt8>, from direction: Direction, into room: inout MutableSpan<UInt8>
    ) -> DecodedRecord?

    /// Optional fast path for bytes that yield nothing yet; same result as ``receive(_:at:into:)``.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of a stream.
    ///   - direction: The stream.
    /// - Returns: The increase of ``cost``; nil if nothing has changed.
    func keep(_ bytes: Span<UInt8>, from direction: Direction) -> Int?

    /// Continues after bytes that the capture lacks.
    ///
    /// - Parameters:
    ///   - length: The number of bytes; nil if unknown.
    ///   - place: The place that they would have.
    ///   - output: Receives gaps in the streams that lack bytes because of this, and what follows them.
    func skip(_ length: UInt64?, at place: StreamPlace, into output: inout LayerOutput)

    /// Outputs what it has kept back, since nothing more will come.
    func finish(into output: inout LayerOutput)

    /// Counts its connection, which is over.
    func count(in summary: inout Summary)
}

/// A record that a layer decoded by itself.
package struct DecodedRecord {
    /// The number of bytes of the stream below that it takes.
    package let size: Int
    /// The number of bytes that it decoded to.
    package let count: Int

    /// The room in bytes that a layer gets for a record: enough for a TLS record with what older versions add to 16 KiB
    /// (RFC 5246 6.2.3).
    package static let room = 1 << 14 + 2048
}

extension StreamLayer {
    package var beginsMidstream: Bool { false }
    package var isSpent: Bool { false }
    package func obstacle(to direction: Direction) -> TLSFacts.Obstacle? { nil }
    package var encryption: Encryption? { nil }
    package var encryptedOutcome: TLSOutcome? { nil }
    package var hotState: UnsafeRawBufferPointer? { nil }
    package func prefetch(step: Int, _ direction: Direction) {}
    package func decodeFirst(
        of bytes: Span<UInt8>, from direction: Direction, into room: inout MutableSpan<UInt8>
    ) -> DecodedRecord? { nil }
    package func keep(_ bytes: Span<UInt8>, from direction: Direction) -> Int? { nil }
    package func finish(into output: inout LayerOutput) {}
    package func count(in summary: inout Summary) {}
}

/// Provides layers for connections.
package protocol StreamLayerProvider: Sendable {
    /// Provides a layer.
    ///
    /// - Parameters:
    ///   - offer: What is known of the streams.
    ///   - bytes: The next bytes, which the layer will get first.
    /// - Returns: The layer that reads from here on; nil if this provider has none.
    func layer(for offer: LayerOffer, startingWith bytes: Span<UInt8>) -> (any StreamLayer)?
}

/// What a provider can base its decision on.
package struct LayerOffer: Sendable {
    /// The moment at which a provider is asked.
    package enum Moment: Sendable {
        /// At the first bytes of a connection, or of a stream of another layer.
        case firstBytes
        /// After the end of HTTP, or if there was none; the ending shows what follows.
        case after(UpgradeFollower.Ending)
    }

    /// The moment at which the provider is asked.
    package var moment: Moment
    /// Who sent the bytes.
    package var direction: Direction
    /// The end that opened the TCP connection.
    package var initiator: Endpoint
    /// The end that answered.
    package var responder: Endpoint
    /// Whether the opening of the TCP connection was seen, so that these are its first bytes.
    package var isOpeningKnown: Bool
    /// The number of layers below.
    package var depth: Int
}
