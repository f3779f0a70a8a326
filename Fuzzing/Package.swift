// swift-tools-version:6.2
import PackageDescription

/// One executable for each entry point; `scripts/fuzz` builds them with libFuzzer and AddressSanitizer.
let package = Package(
    name: "Fuzzing",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "wstap", path: "..")],
    targets: [
        "CaptureFiles", "Packets", "Segments", "Upgrade", "TLS", "Hellos", "Frames", "Pipeline", "Sessions", "Memory",
    ].map {
        name in
        .executableTarget(
            name: "Fuzz\(name)",
            dependencies: [.product(name: "FuzzTargets", package: "wstap")],
            swiftSettings: [.unsafeFlags(["-parse-as-library"])])
    },
    swiftLanguageModes: [.v6]
)
