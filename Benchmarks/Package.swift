// swift-tools-version:6.2
import PackageDescription

/// What `scripts/bench` builds: it measures whole captures against libpcap and tshark, and each stage on its own.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "wstap", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    ],
    targets: [
        // The floor: libpcap reading the packets and nothing else; in C, so that nothing of ours is in it.
        .target(name: "LibpcapFloor", linkerSettings: [.linkedLibrary("pcap")]),
        .executableTarget(name: "floor", dependencies: ["LibpcapFloor"]),
        // Decrypts the records of a generated capture with libcrypto, and does nothing else.
        .executableTarget(name: "opener", linkerSettings: [.linkedLibrary("crypto")]),
        // Runs a program and reports its time and memory; in C, so that its own memory does not count.
        .executableTarget(name: "timed"),
        // Counts calls of malloc and its like.
        .target(name: "AllocationCount"),
        .target(name: "ZlibFloor", linkerSettings: [.linkedLibrary("z")]),
        .executableTarget(
            name: "bench",
            dependencies: [
                "AllocationCount", "LibpcapFloor", "ZlibFloor",
                .product(name: "BenchmarkStages", package: "wstap"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
