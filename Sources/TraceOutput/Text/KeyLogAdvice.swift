/// What to do if no session was found because everything is encrypted.
package enum KeyLogAdvice {
    /// It goes on from "to decrypt TLS, ".
    package static let text =
        "have the client write a key log, as with SSLKEYLOGFILE=keys.txt, and give --keylog keys.txt"
    /// The same where a key log without secrets was given.
    package static let textForEmpty =
        "have the client write its key log, as with SSLKEYLOGFILE=keys.txt, during the capture: what was given holds "
        + "no secrets"
    /// The same where secrets came too late in a pipe.
    package static let textForLate =
        "save the capture and read the file: its secrets stand behind the packets that need them, and a pipe is read once"
}
