import WebSocketProtocol

/// A bound on what all connections of a shard take together.
///
/// Waiting bytes, messages, decompression and layers each have a bound of their own, and know how much of it is left.
/// When the shard's memory runs out, part of each is withheld; it is recorded here, and returned once there is memory
/// again.
struct SharedRoom: ~Copyable {
    private var waiting: Part
    private var messages: Part
    private var compression: Part
    private var layers: Part
    private var longMessages = Part(bound: StreamResources.maximumLongMessages)

    /// One of the bounds.
    private struct Part {
        /// The bound, in bytes.
        let bound: Int
        /// How much of what is left is withheld for now.
        var withheld = 0

        /// How much is taken, if `left` may still be taken.
        func taken(_ left: Int) -> Int { bound &- withheld &- left }

        /// Leaves at most `free`, and withholds the rest.
        mutating func share(_ left: inout Int, free: Int) {
            let whole = left &+ withheld
            left = min(whole, free)
            withheld = whole &- left
        }
    }

    /// Divides a shard's memory.
    init(_ limits: Limits) {
        waiting = Part(bound: limits.heldBytes / Limits.shards)
        messages = Part(bound: limits.keptPayload / Limits.shards)
        compression = Part(bound: limits.compression / Limits.shards)
        layers = Part(bound: limits.layers / Limits.shards)
    }

    /// The memory that the parts and the sessions' own data take.
    ///
    /// - Parameters:
    ///   - waiting: The bytes left for waiting TCP segments.
    ///   - layers: The bytes left for layers.
    ///   - resources: What is left for messages and decompression.
    /// - Returns: The bytes taken.
    func taken(waiting: Int, layers: Int, _ resources: inout StreamResources) -> Int {
        let buffers = self.waiting.taken(waiting) &+ self.layers.taken(layers)
        let streams =
            messages.taken(resources.keepable) &+ resources.spareByteCount
            &+ compression.taken(resources.compressible)
        let long = longMessages.taken(resources.longMessages) &* StreamResources.longMessageCost
        return buffers &+ streams &+ long &+ resources.sessionBytes
    }

    /// Leaves each part what there is memory for, given `free` bytes of `total` that are not taken.
    mutating func share(
        _ free: Int, of total: Int, waiting: inout Int, layers: inout Int, _ resources: inout StreamResources
    ) {
        // An eighth is for the connections' records. When they have filled it, a little is still left for opening
        // further connections, which needs no decompression.
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
