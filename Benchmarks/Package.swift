// swift-tools-version:6.2
import PackageDescription

/// The programs that `scripts/bench` builds: they measure whole captures against libpcap and tshark, and each stage on
/// its own.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "wstap", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    ],
    targets: [
        // The floor: libpcap only reading the packets; in C, so that none of wstap's code is in it.
        .target(name: "LibpcapFloor", linkerSettings: [.linkedLibrary("pcap")]),
        .executableTarget(name: "floor", dependencies: ["LibpcapFloor"]),
        // Only decrypts the records of a generated capture with libcrypto.
        .executableTarget(name: "opener", linkerSettings: [.linkedLibrary("crypto")]),
        // Runs a program and reports its time and memory; in C, so that its own memory does not count.
        .executableTarget(name: "timed"),
        // Counts calls of malloc and related functions.
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
