/// What is spoken on a generated connection.
enum SpokenProtocol {
    case webSocket
    /// An upgrade is asked for and refused; HTTP follows.
    case refusedUpgrade
    case http
    case tls
    case unknown

    init(_ profile: CaptureProfile, _ random: inout SeededRandom) {
        guard random.chance(profile.otherTraffic) else {
            self = .webSocket
            return
        }
        switch random.below(100) {
        case ..<50: self = .tls
        case ..<75: self = .http
        case ..<85: self = .unknown
        default: self = .refusedUpgrade
        }
    }

    func port(_ random: inout SeededRandom) -> Int {
        switch self {
        case .tls: 443
        case .unknown: 5000 + random.below(100)
        case .webSocket, .refusedUpgrade, .http: [80, 8080, 9001 + random.below(20)][random.below(3)]
        }
    }
}
