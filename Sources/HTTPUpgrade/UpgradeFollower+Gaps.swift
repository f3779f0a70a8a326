package import WireFormat

/// Bytes missing from the capture: some of a stream, or all of it.
extension UpgradeFollower {
    /// Skips bytes missing from the capture; `length` is nil if unknown.
    ///
    /// The outcome is `waits` if the other stream must move before it is clear what is missing: offer the gap again
    /// then, like bytes. If ``isRequestInGap`` is true then, waiting bytes of the other stream may go on.
    ///
    /// - Parameters:
    ///   - length: How many bytes are missing; nil if unknown.
    ///   - direction: Their stream.
    ///   - comesLate: Whether bytes of the other stream wait that were captured before those after the gap, so that
    ///     what they answer is in the gap.
    /// - Returns: `waits`, `finished` or `consumed`.
    package mutating func skip(
        _ length: UInt64?, from direction: Direction, comesLate: Bool = false
    ) -> Outcome {
        let index = direction.index
        switch phase {
        case .finished(let ending): return .finished(ending)
        case _ where length == 0: return .consumed
        case .following, .searching:
            if direction == client, awaited.holdsClient, streams[index].isBetweenMessages { return .waits }
            if comesLate, mayHoldRequest(direction) {
                missing.assumeInGap()
                return .waits
            }
            if case .following = phase, streams[index].skip(length) { return .consumed }
        case .proxy: break
        }
        search(after: direction)
        return .consumed
    }

    /// Whether a gap that comes next in a stream may hold the request to a waiting answer.
    private func mayHoldRequest(_ direction: Direction) -> Bool {
        guard case .following = phase, direction == client, outstanding.first == nil else { return false }
        return streams[direction.index].isBetweenMessages && !missing.excusesNext
    }

    /// Goes on without the other stream, none of which is in the capture: an answer counts without its request, and
    /// what follows a request without an answer is searched.
    ///
    /// - Returns: Whether that changes anything: streams that wait may then go on.
    package mutating func stopExpecting() -> Bool {
        guard let client else { return false }
        switch phase {
        case .finished, .proxy: return false
        case .following, .searching: break
        }
        if pendingRequest != nil {
            guard awaited.holdsClient else { return false }
            search(after: client.opposite)
            awaited.releaseClient()
            return true
        }
        guard case .following = phase, !missing.isStreamUnseen, outstanding.first == nil else { return false }
        missing.giveUpStream()
        return true
    }
}
