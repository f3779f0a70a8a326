/// What a Decryption Secrets Block of a pcapng file holds (draft-ietf-opsawg-pcapng 4.7).
public struct CaptureSecrets: Hashable, Sendable {
    /// What the bytes are, as registered in section 10.2; 0x544C534B is a TLS key log.
    public let type: UInt32
    /// The secrets as the file holds them.
    public let bytes: [UInt8]
}
