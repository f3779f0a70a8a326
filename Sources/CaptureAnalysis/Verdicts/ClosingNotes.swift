/// What is noted of an end for the verdict; apart from its stream, since most frames come before it.
final class ClosingNotes {
    var close: SentClose?
    var brokenRule: BrokenRule?
}
