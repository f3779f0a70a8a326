import WebSocketProtocol
import WireFormat

/// The pauses of a session.
///
/// An object, so that sessions without any take no room for it.
final class PauseRecord {
    /// The memory that it takes, in bytes.
    static let cost = 208

    /// The latest burst of bytes after a pause.
    private(set) var burst: Burst
    /// The first burst of the same sender since the other end last sent anything.
    private(set) var unheard: Burst
    /// The longest time from a data message to a Pong, with no other message between.
    var messageSilence: Int64 = 0
    /// The longest pause after bytes of each end, among those that ended with bytes to which the other end replied.
    private var confirmed: InlineArray<2, Int64> = [0, 0]
    /// The longest pause since then, 0 if there is none, and where the bytes that ended it begin.
    private var pending: Int64 = 0
    private var pendingStart: UInt64 = 0
    private var pendingRole = Role.client
    private var pendingSpeaker = Role.client

    init(_ burst: Burst) {
        self.burst = burst
        unheard = burst
    }

    /// Records bytes after a pause in nanoseconds; nil if the pause does not count, since the session may have been
    /// over.
    func record(_ next: Burst, after pause: Int64?) {
        if unheard.role != next.role || next.lastSpeaker != next.role { unheard = next }
        burst = next
        guard let pause else { return }
        // An end that replies was still there.
        if pendingRole != next.role {
            confirmed[pendingSpeaker.index] = max(confirmed[pendingSpeaker.index], pending)
        } else if pending >= pause {
            return
        }
        (pending, pendingStart, pendingRole, pendingSpeaker) = (pause, next.start, next.role, next.lastSpeaker)
    }

    /// The longest pauses that ended with bytes that the other end acknowledged or replied to.
    ///
    /// - Parameters:
    ///   - acknowledged: How far each TCP stream is acknowledged, by ``Direction/index``.
    ///   - client: The direction that the client sends.
    /// - Returns: Nanoseconds, by the end that sent last before the pause; 0 if there is none.
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
    /// Who sent the first byte.
    var role: Role
    /// Where they begin in the TCP stream that carries them.
    var start: UInt64
    /// The time of the last byte before the pause; nil if there was none.
    var before: Timestamp?
    /// Who sent that last byte.
    var lastSpeaker: Role
}
