/// What was found in the files of a capture besides packets: secrets and problems.
struct FileFindings {
    /// What could not be read so far, in the order it was found.
    private(set) var problems: [CaptureError] = []
    private var kept = KeptSecrets()
    /// Receives problems at once, since an endless capture has no end at which to ask; nil if the capture ends.
    private let follower: CaptureFollower?

    init(follower: CaptureFollower?) {
        self.follower = follower
    }

    /// The secrets found so far, in order.
    var secrets: [CaptureSecrets] { kept.kept }

    /// Keeps a problem, or passes it to the follower.
    mutating func record(_ problem: CaptureError) {
        guard let follower else { return problems.append(problem) }
        // A last record that is only partly written when the capture ends is no problem.
        if !follower.hasEnded || problem.kind != .cutShort { follower.report(problem) }
    }

    /// Keeps the secrets of a file while there is room.
    mutating func keep(_ found: [CaptureSecrets], of name: String) {
        let hadDropped = kept.hasDropped
        for one in found where !kept.keep(one) {
            if !hadDropped { record(CaptureError(.tooManySecrets, name: name)) }
            return
        }
    }
}
