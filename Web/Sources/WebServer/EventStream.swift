import Hummingbird

/// The events as one response that lasts until the browser disconnects: the lines of the trace, unchanged, and between
/// them JSON lines of the server's own.
///
/// | `event` | meaning |
/// |---|---|
/// | `server` | the first line: `run` identifies this run of the server, so that a page notices another one |
/// | `dropped` | `lines` before the next one are no longer held; `sessions`: whether some of them began or ended sessions |
/// | `status` | after each batch: `next`, to ask for the rest with `?after=`; totals; whether the trace `ended` |
///
/// A slow reader does not delay others: its response waits, and then continues with what the ring has.
struct EventStream: Sendable {
    /// The time between two batches.
    static let interval = Duration.milliseconds(100)
    /// The number of empty batches after which the totals are sent anyway.
    private static let silentBatches = 10

    let ring: EventRing
    let run: String

    /// Begins to send events.
    ///
    /// - Parameters:
    ///   - start: The number of the first line that is wanted.
    ///   - run: The run that the number belongs to; if that is another one, everything is sent.
    /// - Returns: The response.
    func response(after start: UInt64, of run: String?) -> Response {
        let (ring, name) = (self.ring, self.run)
        let body = ResponseBody { writer in
            var cursor = run == name ? start : 0
            try await writer.write(ByteBuffer(string: #"{"event":"server","run":"\#(name)"}"# + "\n"))
            var (isHeaderSent, silent) = (false, Self.silentBatches)
            while !Task.isCancelled {
                let totals = ring.totals
                let batch = ring.batch(from: cursor)
                var buffer = ByteBuffer()
                if !isHeaderSent, case let header = ring.header, !header.isEmpty {
                    buffer.writeBytes(header)
                    isHeaderSent = true
                }
                if batch.dropped > 0 {
                    buffer.writeString(
                        #"{"event":"dropped","lines":\#(batch.dropped),"sessions":\#(batch.missesSessions)}"# + "\n")
                }
                buffer.writeBytes(batch.bytes)
                cursor = batch.next
                silent += 1
                if buffer.readableBytes > 0 || silent >= Self.silentBatches {
                    silent = 0
                    buffer.writeString(
                        #"{"event":"status","next":\#(cursor),"lines":\#(totals.lines),"frames":\#(totals.frames),"#
                            + #""bytes":\#(totals.bytes),"unusable":\#(totals.unusable),"#
                            + #""ended":\#(totals.hasEnded && !batch.isFull)}"# + "\n")
                    try await writer.write(buffer)
                }
                if !batch.isFull { try await Task.sleep(for: Self.interval) }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/x-ndjson; charset=utf-8"] + RequestGuard.safe, body: body)
    }
}
