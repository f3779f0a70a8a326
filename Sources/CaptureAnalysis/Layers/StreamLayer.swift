package import HTTPUpgrade
package import PacketDecoding
package import TLSDecryption
package import WireFormat

/// Something between TCP and sessions: it decrypts both streams of a connection, or takes them apart into several.
///
/// It is fed the bytes of both streams in order, and appends what it makes of them to a ``LayerOutput``. What becomes
/// of that is not its business: each stream it names is read like a TCP connection of its own, from the first byte on,
/// by another layer, by an opening, then by a session. It knows no TCP, no WebSocket and no events.
///
/// A layer is asked for by its ``StreamLayerProvider``, once a connection.
package protocol StreamLayer: AnyObject {
    /// The bytes of memory that it keeps by now, for the bounds.
    var cost: Int { get }

    /// Whether the streams that it carries began before the capture, so that their first bytes are not known.
    var beginsMidstream: Bool { get }

    /// Whether nothing more can come of it, so that it need not be handed anything.
    var isSpent: Bool { get }

    /// What keeps all of a stream from being decrypted, though the other one may be; nil if nothing does.
    ///
    /// - Parameter direction: The stream.
    /// - Returns: What is missing.
    func obstacle(to direction: Direction) -> TLSFacts.Obstacle?

    /// What it decrypts; nil if it does not.
    var encryption: Encryption? { get }

    /// What TLS came to in it; nil if it is something else.
    var encryptedOutcome: TLSOutcome? { get }

    /// Memory beside its own that it needs each time, so that the processor can be asked to bring it near.
    var hotState: UnsafeRawBufferPointer? { get }

    /// Asks the processor to bring near what the next bytes of a stream will need, beside ``hotState``.
    ///
    /// - Parameters:
    ///   - step: The 0-based step, of two; each looks only at what the one before has brought, the first at
    ///     ``hotState``.
    ///   - direction: The stream.
    func prefetch(step: Int, _ direction: Direction)

    /// Takes the next bytes of a stream, as many as there are; what is incomplete it keeps.
    ///
    /// - Parameters:
    ///   - bytes: The bytes; lent for the call.
    ///   - place: Where they stand, and what carried them.
    ///   - output: What it makes of them.
    func receive(_ bytes: Span<UInt8>, at place: StreamPlace, into output: inout LayerOutput)

    /// Optional fast path for a layer with one stream; same result as ``receive(_:at:into:)``.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of a stream.
    ///   - direction: The stream.
    ///   - room: Gets what the first of them are decoded to.
    /// - Returns: How many are, and to how many bytes; nil if nothing has changed.
    func decodeFirst(
        of bytes: Span<UInt8>, from direction: Direction, into room: inout MutableSpan<UInt8>
    ) -> DecodedRecord?

    /// Optional fast path for bytes of which nothing comes yet; same result as ``receive(_:at:into:)``.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of a stream.
    ///   - direction: The stream.
    /// - Returns: By how much its cost has grown; nil if nothing has changed.
    func keep(_ bytes: Span<UInt8>, from direction: Direction) -> Int?

    /// Goes on after bytes that the capture lacks.
    ///
    /// - Parameters:
    ///   - length: How many; nil if that is not known.
    ///   - place: Where they would stand.
    ///   - output: Gaps in the streams that lack bytes by it, and what follows.
    func skip(_ length: UInt64?, at place: StreamPlace, into output: inout LayerOutput)

    /// Gives what it has kept back, since nothing more will come.
    func finish(into output: inout LayerOutput)

    /// Counts its connection, which is over.
    func count(in summary: inout Summary)
}

/// What a layer has decoded by itself.
package struct DecodedRecord {
    /// How many bytes of the stream below it takes.
    package let size: Int
    /// The bytes that it was decoded to.
    package let count: Int

    /// The room that a layer gets for one: a record of TLS fits, with what older versions add to 16 KiB (RFC 5246
    /// 6.2.3).
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

/// Offers layers for connections.
package protocol StreamLayerProvider: Sendable {
    /// Offers a layer.
    ///
    /// - Parameters:
    ///   - offer: What is known of the streams.
    ///   - bytes: The next bytes, which the layer will be handed first.
    /// - Returns: The layer that reads from here on; nil if this provider has none for it.
    func layer(for offer: LayerOffer, startingWith bytes: Span<UInt8>) -> (any StreamLayer)?
}

/// What a provider may decide by.
package struct LayerOffer: Sendable {
    /// When it is asked.
    package enum Moment: Sendable {
        /// At the first bytes of a connection, or of a stream of another layer.
        case firstBytes
        /// When HTTP has ended, or was none: the ending says what follows.
        case after(UpgradeFollower.Ending)
    }

    /// When it is asked.
    package var moment: Moment
    /// Who sent the bytes.
    package var direction: Direction
    /// The end that opened the TCP connection.
    package var initiator: Endpoint
    /// The end that answered.
    package var responder: Endpoint
    /// Whether the TCP connection was seen to open: these are its first bytes.
    package var isOpeningKnown: Bool
    /// How many layers there are below.
    package var depth: Int
}
