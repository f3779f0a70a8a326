// swift-tools-version:6.2
import PackageDescription

/// What every target of ours is compiled with; the checks of `.ci/run` turn warnings into errors.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Libraries also answer for every unsafe expression.
let librarySettings = settings + [.strictMemorySafety()]

/// Modules that declare types which borrow bytes (`~Escapable`) name the lifetimes.
let borrowing: [SwiftSetting] = [.enableExperimentalFeature("Lifetimes")]

let package = Package(
    name: "wstap",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "wstap", targets: ["wstap"]),
        // Each product has the modules whose types its own shows.
        .library(
            name: "CaptureReading",
            targets: [
                "CaptureReading", "CaptureAnalysis", "PacketCapture", "PacketDecoding", "TCPReassembly",
                "WebSocketProtocol", "WireFormat",
            ]),
        .library(
            name: "CaptureAnalysis",
            targets: ["CaptureAnalysis", "PacketDecoding", "TCPReassembly", "WebSocketProtocol", "WireFormat"]),
        .library(name: "PacketCapture", targets: ["PacketCapture", "WireFormat"]),
        .library(name: "WebSocketProtocol", targets: ["WebSocketProtocol", "WireFormat"]),
        // The report's front end, which the package in Web/ serves too; not for others.
        .library(name: "ReportFrontEnd", targets: ["ReportFrontEnd"]),
        // What the package in Fuzzing/ feeds; not for others.
        .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
        // What the package in Benchmarks/ measures, and generates captures with; not for others.
        .library(name: "BenchmarkStages", targets: ["BenchmarkStages", "GeneratedCaptures"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"]), .brew(["libpcap"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"]), .brew(["isa-l"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
        .systemLibrary(
            name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"]), .brew(["pcre2"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),

        // The pipeline, in the order in which the bytes pass.
        .target(
            name: "WireFormat", dependencies: ["CCrypto", "CPrefetch"], swiftSettings: librarySettings + borrowing),
        .target(
            name: "PacketCapture", dependencies: ["CLZ4", "CPcap", "CZlib", "CZstd", "WireFormat"],
            swiftSettings: librarySettings + borrowing),
        // A prefetch, which Swift cannot express.
        .target(name: "CPrefetch"),
        // Vectors that are compared as a whole: Swift's compare lane by lane.
        .target(name: "CVectors"),
        // The commit that a build is of, which scripts pass in.
        .target(name: "CBuild"),
        // Settings of the C library's heap, likewise.
        .target(name: "CHeap"),
        // Capabilities of Linux, likewise.
        .target(name: "CPrivileges"),
        .target(name: "PacketDecoding", dependencies: ["CVectors", "WireFormat"], swiftSettings: librarySettings),
        .target(
            name: "TCPReassembly",
            dependencies: [
                "PacketDecoding", "WireFormat",
                .product(name: "BasicContainers", package: "swift-collections"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: librarySettings),
        .target(
            name: "TLSDecryption", dependencies: ["CCrypto", "WireFormat"],
            swiftSettings: librarySettings + borrowing),
        .target(name: "HTTPUpgrade", dependencies: ["WireFormat"], swiftSettings: librarySettings),
        .target(
            name: "WebSocketProtocol",
            dependencies: [
                "CISAL", "CVectors", "CZlib", "WireFormat",
                .product(name: "BasicContainers", package: "swift-collections"),
            ],
            swiftSettings: librarySettings + borrowing),
        .target(
            name: "CaptureAnalysis",
            dependencies: [
                "HTTPUpgrade", "PacketDecoding", "TCPReassembly", "TLSDecryption", "WebSocketProtocol", "WireFormat",
                .product(name: "BasicContainers", package: "swift-collections"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: librarySettings),
        // Capture files in, events out, one by one.
        .target(
            name: "CaptureReading", dependencies: ["CaptureAnalysis", "PacketCapture", "WireFormat"],
            swiftSettings: librarySettings),
        .target(
            name: "TraceOutput",
            dependencies: [
                "CPCRE2", "CVectors", "CZlib", "CaptureAnalysis", "PacketDecoding", "ReportFrontEnd", "TCPReassembly",
                "WebSocketProtocol", "WireFormat",
            ],
            swiftSettings: librarySettings),
        // The front end of the report, which is part of the program.
        .target(
            name: "ReportFrontEnd", dependencies: ["WireFormat"], resources: [.embedInCode("Page")],
            swiftSettings: librarySettings),
        // A trace as a database.
        .target(
            name: "DatabaseOutput",
            dependencies: [
                "CSQLite", "CaptureAnalysis", "PacketDecoding", "TraceOutput", "WebSocketProtocol", "WireFormat",
            ],
            swiftSettings: librarySettings),
        // The analysis of capture files on one or more threads, and the file that its output goes to.
        .target(
            name: "ParallelAnalysis",
            dependencies: ["CaptureAnalysis", "PacketCapture", "TLSDecryption", "TraceOutput", "WireFormat"],
            swiftSettings: settings),
        // Parts of captures as captures: which packets, and what of them.
        .target(
            name: "CaptureCutting",
            dependencies: [
                "CaptureAnalysis", "HTTPUpgrade", "PacketCapture", "PacketDecoding", "TLSDecryption", "TraceOutput",
                "WebSocketProtocol", "WireFormat",
            ],
            swiftSettings: librarySettings),
        .executableTarget(
            name: "wstap",
            dependencies: [
                "CBuild", "CHeap", "CPrivileges", "CaptureAnalysis", "CaptureCutting", "DatabaseOutput",
                "PacketCapture",
                "PacketDecoding", "ParallelAnalysis", "TLSDecryption", "TraceOutput", "WebSocketProtocol", "WireFormat",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        // Tests mirror the sources.
        .target(
            name: "TestSupport",
            dependencies: ["CCrypto", "PacketDecoding", "WireFormat"],
            path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "GeneratedCaptures",
            dependencies: ["CCrypto", "CZlib", "TLSDecryption", "WireFormat"],
            path: "Tests/GeneratedCaptures", swiftSettings: settings),
        .testTarget(
            name: "GeneratedCapturesTests",
            dependencies: [
                "CZlib", "CaptureAnalysis", "GeneratedCaptures", "PacketCapture", "TLSDecryption", "TestSupport",
                "WebSocketProtocol", "WireFormat",
            ],
            swiftSettings: settings),
        .testTarget(name: "CVectorsTests", dependencies: ["CVectors", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "WireFormatTests", dependencies: ["TestSupport", "WireFormat"], swiftSettings: settings),
        .testTarget(
            name: "PacketCaptureTests",
            dependencies: ["CLZ4", "CPcap", "CZlib", "CZstd", "PacketCapture", "TestSupport", "WireFormat"],
            swiftSettings: settings),
        .testTarget(
            name: "PacketDecodingTests", dependencies: ["PacketDecoding", "TestSupport", "WireFormat"],
            swiftSettings: settings),
        .testTarget(
            name: "TCPReassemblyTests", dependencies: ["PacketDecoding", "TCPReassembly", "TestSupport", "WireFormat"],
            swiftSettings: settings),
        .testTarget(
            name: "TLSDecryptionTests", dependencies: ["CCrypto", "TLSDecryption", "TestSupport", "WireFormat"],
            exclude: ["Recorded"], swiftSettings: settings),
        .testTarget(
            name: "HTTPUpgradeTests", dependencies: ["HTTPUpgrade", "TestSupport", "WireFormat"],
            swiftSettings: settings),
        .testTarget(
            name: "WebSocketProtocolTests",
            dependencies: [
                "CZlib", "TestSupport", "WebSocketProtocol", "WireFormat",
                .product(name: "BasicContainers", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CaptureAnalysisTests",
            dependencies: [
                "CCrypto", "CaptureAnalysis", "FuzzTargets", "HTTPUpgrade", "PacketDecoding", "TCPReassembly",
                "TLSDecryption", "TestSupport", "WebSocketProtocol", "WireFormat",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CaptureCuttingTests",
            dependencies: [
                "CaptureAnalysis", "CaptureCutting", "PacketCapture", "PacketDecoding", "TestSupport", "TraceOutput",
                "WireFormat",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CaptureReadingTests",
            dependencies: ["CaptureAnalysis", "CaptureReading", "PacketCapture", "TestSupport", "WebSocketProtocol"],
            swiftSettings: settings),
        .testTarget(
            name: "TraceOutputTests",
            dependencies: [
                "CZlib", "CaptureAnalysis", "PacketDecoding", "ReportFrontEnd", "TCPReassembly", "TestSupport",
                "TraceOutput",
                "WebSocketProtocol", "WireFormat",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "BoundsTests",
            dependencies: [
                "CLiveBytes", "CZlib", "CaptureAnalysis", "CaptureCutting", "FuzzTargets", "PacketDecoding",
                "TLSDecryption", "TestSupport", "TraceOutput", "WebSocketProtocol", "WireFormat", "wstap",
            ],
            swiftSettings: settings),
        .target(name: "CLiveBytes", path: "Tests/CLiveBytes"),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "CCrypto", "CLiveBytes", "CaptureAnalysis", "HTTPUpgrade", "PacketCapture", "PacketDecoding",
                "TCPReassembly",
                "TLSDecryption", "TraceOutput", "WebSocketProtocol", "WireFormat",
            ],
            path: "Tests/FuzzTargets", swiftSettings: settings),
        .target(
            name: "BenchmarkStages",
            dependencies: [
                "CaptureAnalysis", "GeneratedCaptures", "PacketCapture", "PacketDecoding", "TCPReassembly",
                "TraceOutput", "WebSocketProtocol", "WireFormat",
            ],
            path: "Tests/BenchmarkStages", swiftSettings: settings),
        .testTarget(name: "FuzzReplayTests", dependencies: ["FuzzTargets", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["CSQLite", "CaptureAnalysis", "GeneratedCaptures", "TestSupport", "wstap"],
            exclude: ["Browser"],
            swiftSettings: settings),
        .testTarget(
            name: "CommandLineTests", dependencies: ["PacketDecoding", "TestSupport", "WireFormat", "wstap"],
            swiftSettings: settings),
        .testTarget(
            name: "ParallelAnalysisTests",
            dependencies: [
                "CaptureAnalysis", "PacketCapture", "PacketDecoding", "ParallelAnalysis", "TestSupport", "TraceOutput",
                "WireFormat",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "LiveTests", dependencies: ["TestSupport", "wstap"], exclude: ["Rig"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
