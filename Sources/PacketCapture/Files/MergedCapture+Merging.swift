import WireFormat

/// The order in which packets are taken from the files.
extension MergedCapture {
    // MARK: Before the first packet

    /// Opens a source for the first time and queues it.
    mutating func enqueue(_ source: Int) throws(CaptureError) {
        do throws(CaptureError) {
            let isAlone = names.count == 1
            var file = try isAlone ? opener.open(names[source]) : opener.openBriefly(names[source])
            readableFileCount += 1
            isLive = isLive || file.isLive
            byteCount = if let total = byteCount, let size = file.byteCount { total + size } else { nil }
            sources[source].part = file.part
            guard !isAlone else {
                queue.insert(source, time: Timestamp(nanoseconds: 0))
                opener.openFileCount += 1
                sources[source].file = consume file
                return
            }
            guard let record = try unsafe file.read() else {
                findings.keep(file.takeSecrets(), of: file.name)
                finishedBytes += file.bytesRead
                return
            }
            unsafe queue.insert(source, time: record.time)
            sources[source].firstNumber = unsafe record.number
            if file.byteCount == nil {
                opener.openFileCount += 1
                unsafe sources[source].record = record
                sources[source].file = consume file
            }
        } catch {
            guard error.kind != .badFilter else { throw error }
            findings.record(error)
        }
    }

    /// Checks whether the files are parts of one capture, or of captures that follow each other.
    ///
    /// If so, their packets' own numbers are used, and the files are merged by them.
    mutating func joinParts() {
        guard let (whole, offsets) = CapturePart.joined(sources.map(\.part)) else { return }
        part = whole
        guard whole.keepsNumbers else { return }
        latestNumber = 0
        guard names.count > 1 else { return }
        for (source, offset) in zip(sources, offsets) where offset > 0 { source.shiftNumbers(by: offset) }
        var queued: [Int] = []
        while let source = queue.first {
            queued.append(source)
            queue.removeFirst()
        }
        for source in queued {
            queue.insert(source, time: Timestamp(nanoseconds: Int64(sources[source].firstNumber)))
        }
    }

    // MARK: From packet to packet

    /// Reads the next packet in merged order; nil if none is left.
    mutating func readOn() -> CapturedRecord? {
        if current != nil, let record = unsafe readCurrent(), unsafe isNext(record) {
            return unsafe record
        }
        if let record = unsafe takeTurn() { return unsafe record }
        return follower == nil ? nil : unsafe followOn()
    }

    /// Opens the next followed file and reads its first packet; nil at the end.
    private mutating func followOn() -> CapturedRecord? {
        while let follower, let (path, isComplete) = follower.next() {
            do throws(CaptureError) {
                current = try opener.open(path, follower: isComplete ? nil : follower)
            } catch {
                findings.record(error)
                continue
            }
            readableFileCount += 1
            opener.openFileCount += 1
            queue.insert(0, time: Timestamp(nanoseconds: 0))
            if let record = unsafe readCurrent() { return unsafe record }
        }
        return nil
    }

    /// Reads the next packet of the current file; if there is none, closes the file and removes it from the queue.
    private mutating func readCurrent() -> CapturedRecord? {
        do throws(CaptureError) {
            if let record = try unsafe current?.read() {
                takeSecrets()
                return unsafe record
            }
        } catch {
            findings.record(error)
        }
        closeCurrent()
        return nil
    }

    /// Moves the secrets found in the current file to ``secrets``.
    private mutating func takeSecrets() {
        if let found = current?.takeSecrets(), !found.isEmpty { findings.keep(found, of: Self.name(of: current)) }
    }

    private static func name(of file: borrowing CaptureFile?) -> String {
        switch file {
        case .some(let file): file.name
        case nil: ""
        }
    }

    /// The problem of a file that was read to its end; nil if it has none.
    private static func problem(of file: borrowing CaptureFile?) -> CaptureError? {
        switch file {
        case .some(let file) where file.hasDroppedSecrets: CaptureError(.tooManySecrets, name: file.name)
        default: nil
        }
    }

    private mutating func closeCurrent() {
        takeSecrets()
        if let problem = Self.problem(of: current) { findings.record(problem) }
        finishedBytes += Self.bytesRead(of: current)
        if lent.isNeeded { lent.retire(Self.lentMemory(of: current)) }
        current = nil
        opener.openFileCount -= 1
        queue.removeFirst()
    }

    /// Whether the current file's next packet is the next of all; parks the file if it is not.
    private mutating func isNext(_ record: CapturedRecord) -> Bool {
        unsafe queue.count == 1 || isStillFirst(record)
    }

    private mutating func isStillFirst(_ record: CapturedRecord) -> Bool {
        guard let source = queue.first,
            unsafe queue.replaceFirst(time: record.place(isNumbered: latestNumber != nil)) != source
        else { return true }
        unsafe sources[source].record = record
        sources[source].file = current.take()
        return false
    }

    /// Makes the first file in the queue that has a packet current, and returns that packet; nil if none has.
    private mutating func takeTurn() -> CapturedRecord? {
        while let source = queue.first {
            if let record = unsafe resume(source) {
                return unsafe record
            }
        }
        return nil
    }

    /// Makes the first source in the queue current and returns its packet; nil if it has none after all and was removed
    /// from the queue.
    private mutating func resume(_ source: Int) -> CapturedRecord? {
        current = sources[source].file.take()
        if current != nil {
            if let record = unsafe sources[source].record {
                takeSecrets()
                return unsafe record
            }
            return unsafe readCurrent()
        }
        do throws(CaptureError) {
            current = try opener.open(names[source])
            current?.numberOffset = sources[source].numberOffset
            opener.openFileCount += 1
        } catch {
            findings.record(error)
            queue.removeFirst()
            return nil
        }
        return unsafe readCurrent()
    }
}
