import CaptureAnalysis
import PacketDecoding
import WebSocketProtocol
import WireFormat

/// The lines that begin a connection.
extension JSONLinesFormat {
    mutating func write(_ start: borrowing ConnectionStart) {
        output.write(.client, start.client)
        output.write(.server, start.server)
        output.write(.communityID, start.identity.communityID)
        output.write(.sessionID, start.identity.sessionID)
        output.write(.opened, start.opening.rawValue)
        output.write(.linkType, start.linkType.name)
        output.write(.interface, start.interface)
        output.writeObject(.tcp, start.tcp) { output, tcp in
            output.write(.synPacket, tcp.syn?.packet)
            output.write(.synAckPacket, tcp.synAck?.packet)
            output.write(.ackPacket, tcp.ack?.packet)
            output.write(.connectTime, seconds: tcp.connectTime)
        }
        output.writeObject(.encrypted, start.encryption) { output, encryption in
            output.write(.version, encryption.version)
            output.write(.cipherSuite, encryption.cipherSuite)
            output.write(.serverName, encryption.serverName)
            output.write(.alpn, encryption.applicationProtocol)
            output.write(.decrypted, encryption.isDecrypted)
            output.write(.resumed, encryption.isResumed)
        }
        output.writeObject(.proxied, start.proxied) { output, proxied in
            output.write(.version, UInt64(proxied.version))
            output.write(.client, proxied.client)
            output.write(.server, proxied.server)
        }
    }

    mutating func write(_ alert: borrowing Alert) {
        output.append(sender: alert.from)
        output.write(.alert, alert.name)
        output.write(.alertCode, UInt64(alert.code))
        output.write(.fatal, alert.isFatal)
    }

    mutating func write(_ handshake: borrowing Handshake) {
        output.write(.sessionID, handshake.identity.sessionID)
        output.write(.accepted, handshake.isAccepted)
        output.write(.status, handshake.status.map { UInt64($0) })
        output.write(.answerMissing, handshake.isAnswerMissing)
        output.write(.method, handshake.method.isEmpty ? nil : handshake.method)
        output.write(.url, handshake.url.isEmpty ? nil : handshake.url)
        output.write(.httpVersion, handshake.httpVersion)
        output.write(.responseHTTPVersion, handshake.responseHTTPVersion)
        output.write(.requestHeaders, handshake.requestHeader)
        output.write(.responseHeaders, handshake.responseHeader)
        output.write(.subprotocol, handshake.subprotocol)
        output.write(.extensionsOffered, handshake.offeredExtensions)
        output.write(.extensions, handshake.extensions)
        output.write(.acceptValid, handshake.isAcceptValid)
        output.write(.requestPacket, handshake.requestPacket > 0 ? handshake.requestPacket : nil)
        output.write(.responsePacket, handshake.responsePacket)
        output.write(.responseTime, seconds: handshake.responseTime)
    }
}

extension OutputBuffer {
    mutating func write(_ key: JSONKey, _ endpoint: Endpoint) {
        writeObject(key, endpoint) { output, endpoint in output.writeMembers(of: endpoint) }
    }

    mutating func writeMembers(of endpoint: Endpoint) {
        write(.ip, String(describing: endpoint.address))
        write(.port, UInt64(endpoint.port))
    }

    fileprivate mutating func write(_ key: JSONKey, _ fields: borrowing HTTPFields) {
        append(key)
        append(pairs: fields)
    }

    /// Appends header fields as pairs of name and value, since names may repeat.
    mutating func append(pairs fields: borrowing HTTPFields) {
        let start = count
        fields.forEach { name, value in
            append(",[")
            append(jsonText: name)
            append(",")
            append(jsonText: value)
            append("]")
        }
        enclose(from: start, in: ("[", "]"))
    }

    fileprivate mutating func write(_ key: JSONKey, _ extensions: [WebSocketExtension]) {
        writeObjects(key, extensions) { output, element in
            output.write(.name, element.name)
            output.writeArray(.parameters, element.parameters) { output, parameter in
                output.append("[")
                output.append(jsonString: parameter.name)
                output.append(",")
                if let value = parameter.value { output.append(jsonString: value) } else { output.append("null") }
                output.append("]")
            }
        }
    }
}
