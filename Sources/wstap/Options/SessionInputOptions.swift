import ArgumentParser

/// What the commands that write the packets of sessions have in common.
struct SessionInputOptions: ParsableArguments {
    @OptionGroup(title: "Filters")
    var filter: SessionFilterOptions

    @OptionGroup(title: "Detection")
    var detection: DetectionOptions

    @OptionGroup(title: "Decryption")
    var secrets: SecretOptions

    @OptionGroup(title: "Bounds")
    var bounds: MemoryOptions

    @OptionGroup(title: "Messages")
    var messages: QuietOptions

    @Option(help: ArgumentHelp("Threads that search for sessions (at most 9).", valueName: "n"))
    var jobs = JobCount.processors

    /// The files, read as these options say.
    func input(_ files: [String]) -> SessionInput {
        SessionInput(
            files: files, packetFilter: filter.packetFilter, sessions: filter.filter,
            assumedServers: detection.servers, secrets: secrets, jobs: jobs, messages: messages, memory: bounds.budget)
    }
}
