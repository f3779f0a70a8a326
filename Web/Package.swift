// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// What `scripts/web` builds: a server that shows a live capture in a browser (`docs/live-page.md`).
let package = Package(
    name: "Web",
    platforms: [.macOS(.v26)],
    products: [.executable(name: "wstap-web", targets: ["wstap-web"])],
    dependencies: [
        .package(name: "wstap", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
    ],
    targets: [
        .target(
            name: "WebServer",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "ReportFrontEnd", package: "wstap"),
            ],
            resources: [.embedInCode("Page")],
            swiftSettings: settings),
        .executableTarget(
            name: "wstap-web",
            dependencies: ["WebServer", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings),
        .testTarget(
            name: "WebServerTests", dependencies: ["WebServer", "wstap-web"], exclude: ["Browser"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
