/// What to do if no session was found because everything is encrypted.
package enum KeyLogAdvice {
    /// Continues "to decrypt TLS, ".
    package static let text =
        "have the client write a key log, as with SSLKEYLOGFILE=keys.txt, and give --keylog keys.txt"
    /// The same, if the key log holds no secrets.
    package static let textForEmpty =
        "have the client write its key log, as with SSLKEYLOGFILE=keys.txt, during the capture: what was given holds "
        + "no secrets"
    /// The same, if secrets came too late in a pipe.
    package static let textForLate =
        "save the capture and read the file: its secrets stand behind the packets that need them, and a pipe is read once"
}
