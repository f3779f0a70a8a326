import WebSocketProtocol
import WireFormat

/// The pauses of a session: an object, so that sessions without any take no room for it.
final class PauseRecord {
    /// The bytes that it takes.
    static let cost = 208

    /// The latest bytes after a pause.
    private(set) var burst: Burst
    /// The first of those of its sender since the other end spoke last.
    private(set) var unheard: Burst
    /// The longest time from a data message to a Pong after which no other had come.
    var messageSilence: Int64 = 0
    /// The longest pause after bytes of each end, of those that ended with bytes to which the other end replied.
    private var confirmed: InlineArray<2, Int64> = [0, 0]
    /// The longest one since, 0 if there is none, and where the bytes that ended it begin.
    private var pending: Int64 = 0
    private var pendingStart: UInt64 = 0
    private var pendingRole = Role.client
    private var pendingSpeaker = Role.client

    init(_ burst: Burst) {
        self.burst = burst
        unheard = burst
    }

    /// Records bytes after a pause, in nanoseconds; nil if that does not count, since the session may have been over.
    func record(_ next: Burst, after pause: Int64?) {
        if unheard.role != next.role || next.lastSpeaker != next.role { unheard = next }
        burst = next
        guard let pause else { return }
        // Who replies was still there.
        if pendingRole != next.role {
            confirmed[pendingSpeaker.index] = max(confirmed[pendingSpeaker.index], pending)
        } else if pending >= pause {
            return
        }
        (pending, pendingStart, pendingRole, pendingSpeaker) = (pause, next.start, next.role, next.lastSpeaker)
    }

    /// The longest pauses that ended with bytes which the other end has acknowledged or replied to.
    ///
    /// - Parameters:
    ///   - acknowledged: How far each stream of TCP is acknowledged, by ``Direction/index``.
    ///   - client: The direction that the client sends.
    /// - Returns: Nanoseconds, by who had spoken last; 0 for none.
    func longest(acknowledged: InlineArray<2, UInt64>, client: Direction) -> InlineArray<2, Int64> {
        var longest = confirmed
        if acknowledged[pendingRole.direction(client: client).index] > pendingStart {
            longest[pendingSpeaker.index] = max(longest[pendingSpeaker.index], pending)
        }
        return longest
    }
}

/// Bytes that an end sent after a pause of the session.
struct Burst {
    /// Who sent the first.
    var role: Role
    /// Where they begin in the TCP stream that carries them.
    var start: UInt64
    /// When the last byte before the pause came; nil if none did.
    var before: Timestamp?
    /// Who sent that.
    var lastSpeaker: Role
}
