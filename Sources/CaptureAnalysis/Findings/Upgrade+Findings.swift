import HTTPUpgrade
import WebSocketProtocol

extension Upgrade {
    /// The rules that it breaks, and what of it is not decoded, in the order in which they are reported.
    var findings: [Finding] {
        var findings = request.violations.map { Finding(Rule($0), from: .client) }
        // The fields of a draft follow rules of their own.
        if request.draft == nil { findings += offer.violations.map { finding($0, from: .client) } }
        if let answer { findings += answer.violations.map { Finding(Rule($0), from: .server) } }
        if let selection {
            findings += selection.violations.map { finding($0, from: .server) }
            findings += Finding.undecoded(UndecodedExtensions(selection.extensions))
        }
        if let draft = request.draft { findings.append(Finding(Rule(.draft), draft, from: .client)) }
        return findings
    }

    private func finding(_ violation: OpeningViolation, from role: Role) -> Finding {
        guard violation == .versionNot13 else { return Finding(Rule(violation), from: role) }
        return Finding(Rule(violation), "\(offer.version ?? 0)", from: role)
    }
}

extension Finding {
    /// The findings about negotiated extensions that are not decoded: one for the legacy ones, and one for all others.
    static func undecoded(_ extensions: UndecodedExtensions) -> [Finding] {
        var findings: [Finding] = []
        if let name = extensions.names.first(where: UndecodedExtensions.isLegacyDeflate) {
            findings.append(Finding(Rule(.legacyDeflate), name, from: .server))
        }
        let others = extensions.names.filter { !UndecodedExtensions.isLegacyDeflate($0) }
        if let name = others.first {
            let names =
                others.count == 1
                ? name : "\(name) and \(others.count - 1) more extension\(others.count == 2 ? "" : "s")"
            findings.append(Finding(Rule(.extensionNotDecoded), names, from: .server))
        }
        return findings
    }
}
