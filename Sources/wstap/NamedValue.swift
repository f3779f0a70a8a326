import ArgumentParser

/// The value of an option that is one of a few words.
protocol NamedValue: ExpressibleByArgument, CaseIterable, RawRepresentable<String> {}

/// What ArgumentParser would find out with key paths and casts, whenever it starts.
extension NamedValue {
    static var allValueStrings: [String] { allCases.map { $0.rawValue } }
    static var allValueDescriptions: [String: String] { [:] }
    var defaultValueDescription: String { rawValue }
}
