import WebSocketProtocol

/// A bound on what all connections of a shard take together.
///
/// Waiting bytes, messages, decompression and layers each have a bound of their own, of which they are told what is
/// left. When the shard's memory runs out, less is left of each: what is withheld is noted here, and given back when
/// there is memory again.
struct SharedRoom: ~Copyable {
    private var waiting: Part
    private var messages: Part
    private var compression: Part
    private var layers: Part
    private var longMessages = Part(bound: StreamResources.maximumLongMessages)

    /// One of the bounds.
    private struct Part {
        /// In bytes.
        let bound: Int
        /// How much of what is left is not to be taken for now.
        var withheld = 0

        /// How much is taken, if `left` may still be.
        func taken(_ left: Int) -> Int { bound &- withheld &- left }

        /// Leaves at most `free`.
        mutating func share(_ left: inout Int, free: Int) {
            let whole = left &+ withheld
            left = min(whole, free)
            withheld = whole &- left
        }
    }

    /// What a shard may take.
    init(_ limits: Limits) {
        waiting = Part(bound: limits.heldBytes / Limits.shards)
        messages = Part(bound: limits.keptPayload / Limits.shards)
        compression = Part(bound: limits.compression / Limits.shards)
        layers = Part(bound: limits.layers / Limits.shards)
    }

    /// What the parts and the sessions' own memory take.
    ///
    /// - Parameters:
    ///   - waiting: What is left for bytes that wait in TCP.
    ///   - layers: What is left for layers.
    ///   - resources: What is left for messages and decompression.
    /// - Returns: The bytes.
    func taken(waiting: Int, layers: Int, _ resources: inout StreamResources) -> Int {
        let buffers = self.waiting.taken(waiting) &+ self.layers.taken(layers)
        let streams =
            messages.taken(resources.keepable) &+ resources.spareByteCount
            &+ compression.taken(resources.compressible)
        let long = longMessages.taken(resources.longMessages) &* StreamResources.longMessageCost
        return buffers &+ streams &+ long &+ resources.sessionBytes
    }

    /// Leaves to each part what there is memory for, of `free` bytes of `total` that are not taken.
    mutating func share(
        _ free: Int, of total: Int, waiting: inout Int, layers: inout Int, _ resources: inout StreamResources
    ) {
        // An eighth is for records of connections. When these have filled it, a little is left for what opens further
        // ones, which needs no decompression.
        let rest = max(0, free &- total / 8)
        let left = max(rest, min(free, total / 64))
        self.waiting.share(&waiting, free: left)
        self.layers.share(&layers, free: left)
        messages.share(&resources.keepable, free: left)
        resources.share(withheld: messages.withheld, free: left)
        compression.share(&resources.compressible, free: rest)
        longMessages.share(&resources.longMessages, free: rest / StreamResources.longMessageCost)
    }
}
