/// JSON outside of an output.
public enum JSONText {
    /// `text` as a JSON string, quotes included, escaped as in traces: safe on a terminal as well.
    public static func quoted(_ text: String) -> String {
        var output = OutputBuffer(capacity: text.utf8.count + 2)
        output.append(jsonString: text)
        return output.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }
}
