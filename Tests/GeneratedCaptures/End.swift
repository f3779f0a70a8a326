/// An end of a connection.
enum End: Int {
    case client
    case server

    var peer: End { self == .client ? .server : .client }
}
