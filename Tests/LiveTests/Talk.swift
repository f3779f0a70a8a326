/// What clients and a server say to each other on a stage; `Rig/client.py` has more words on it.
struct Talk: Encodable {
    /// The software of the server: "websockets", "aiohttp" or "ws".
    var server = "websockets"
    /// The version of IP.
    var family = 4
    /// What the messages are made of.
    var seed = 1
    /// How many connections there are at the same time.
    var connections = 4
    /// How many messages each client sends; a talk without end heeds it not.
    var messages = 25
    /// Seconds between two messages of a client, on average.
    var pause = 0.002
}
