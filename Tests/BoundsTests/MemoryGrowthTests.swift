import Foundation
import FuzzTargets
import TestSupport
import Testing
import WireFormat

#if os(Linux)
    /// Compares the program's own peak memory with its `--memory` option.
    @Suite("The memory of a run", .serialized)
    struct MemoryGrowthTests {
        /// Connections of which a few bytes make the program keep many.
        struct Kind: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var steps: [Crowd.Step]
            /// The number of connections in the capture.
            var size: Int
        }

        static let kinds = [
            Kind(testDescription: "connections that never open", steps: [.syn], size: 64_000),
            Kind(testDescription: "sessions that stay open", steps: [.open], size: 14_400),
            Kind(
                testDescription: "answers behind holes, which the end of the capture shows", steps: [.lateAnswer],
                size: 19_200),
            Kind(
                testDescription: "requests, all of them answered when most are forgotten", steps: [.ask, .answer],
                size: 38_400),
            Kind(testDescription: "compressed messages that never end", steps: [.deflate], size: 6400),
        ]

        /// The least memory that may be set, and more than anything here needs.
        private static let (little, much) = ("64M", "1G")

        private func capture(_ steps: [Crowd.Step], connections: Int) -> [UInt8] {
            var file = PcapBuilder(linkType: .ipv4)
            var crowd = Crowd(connections: connections)
            for step in steps {
                for connection in 0..<connections {
                    crowd.take(step, connection: connection, amount: 0) { packet in
                        let microseconds = packet.time.nanoseconds / 1000
                        file.append(
                            packet.bytes.indices.map { packet.bytes[$0] },
                            seconds: UInt32(microseconds / 1_000_000), fraction: UInt32(microseconds % 1_000_000))
                    }
                }
            }
            return file.bytes
        }

        /// The peak, as the system counts it for the program alone: read while it runs, and never lower later.
        private func peak(_ input: String, _ memory: String, _ folder: ScratchFolder) throws -> Int {
            let program = try Wstap.start(
                [input, "--format", "jsonl", "--jobs", "2", "--memory", memory],
                output: folder.path("output"), errors: folder.path("errors"))
            var peak = 0
            while !program.hasEnded {
                peak = max(peak, program.peakMemory ?? 0)
                usleep(2000)
            }
            #expect(program.wait() == 0)
            return peak
        }

        @Test("stays within the budget, however many there are", arguments: kinds)
        func growth(kind: Kind) throws {
            let folder = try ScratchFolder()
            let base = try peak(folder.write("base", capture(kind.steps, connections: 1)), Self.little, folder)
            let input = try folder.write("input", capture(kind.steps, connections: kind.size))
            #expect(try peak(input, Self.little, folder) <= base + 64 << 20)
            // There was something to bound. On a busy machine, a run may end before the sample that shows it.
            #expect(try (0..<5).contains { _ in try peak(input, Self.much, folder) > base + 66 << 20 })
        }
    }
#endif
