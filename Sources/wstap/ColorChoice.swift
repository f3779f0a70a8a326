import ArgumentParser

/// When to use colours.
enum ColorChoice: String, NamedValue {
    case auto, always, never
}
