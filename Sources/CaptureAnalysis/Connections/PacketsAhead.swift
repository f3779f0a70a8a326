/// Decoded packets that await their turn, wherever they are stored.
protocol PacketsAhead: ~Copyable {
    /// Lends the packet at a place.
    mutating func withPacket<Result>(at place: Int, _ body: (inout PacketAhead) -> Result) -> Result
}

extension InlineArray: PacketsAhead where Element == PacketAhead {
    @inline(__always)
    mutating func withPacket<Result>(at place: Int, _ body: (inout PacketAhead) -> Result) -> Result {
        body(&self[place])
    }
}

extension PerShard where Element == Shard {
    /// Prefetches what is known of the connections of a batch of segments: the second step, after
    /// ``Shard/approach(_:)``.
    ///
    /// - Parameters:
    ///   - places: The places of the batch, at most ``PacketBatch/capacity``.
    ///   - packets: The packets; those that are not segments are skipped.
    @inline(__always)
    mutating func prepare(_ places: Range<Int>, of packets: inout some PacketsAhead & ~Copyable) {
        var hasLayers = false
        for place in places {
            let hasLayer = packets.withPacket(at: place) { $0.packet.isTCP && self[$0.shard].prepare(&$0) }
            if hasLayer { hasLayers = true }
        }
        if hasLayers { lookFurther(places, of: &packets) }
    }

    /// Takes the further steps for segments that layers read.
    @inline(never)
    private mutating func lookFurther(_ places: Range<Int>, of packets: inout some PacketsAhead & ~Copyable) {
        var further = InlineArray<16, (shard: Int, layer: LayerAhead)?>(repeating: nil)
        for place in places {
            packets.withPacket(at: place) { packet in
                guard packet.packet.isTCP, let layer = self[packet.shard].lookFurther(&packet) else { return }
                further[place &- places.lowerBound] = (packet.shard, layer)
            }
        }
        for step in 0..<Shard.lookSteps {
            for index in 0..<places.count {
                if let (shard, layer) = further[index] { self[shard].lookAt(layer, step: step) }
            }
        }
    }
}
