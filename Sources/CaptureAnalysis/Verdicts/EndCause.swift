/// What makes a session end here.
enum EndCause {
    /// Its TCP connection is over.
    case closed
    /// The capture is over, or the connection is not tracked any more.
    case captureEnd
}
