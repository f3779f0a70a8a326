/// What to do if no session was found because everything is encrypted.
package enum KeyLogAdvice {
    /// It goes on from "to decrypt TLS, ".
    package static let text =
        "have the client write a key log, as with SSLKEYLOGFILE=keys.txt, and give --keylog keys.txt"
}
