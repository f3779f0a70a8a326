import HTTPUpgrade
import WebSocketProtocol

extension Upgrade {
    /// The rules that the upgrade breaks, and what cannot be decoded, in the order of reporting.
    var findings: [Finding] {
        // Most upgrades have no findings, and nothing is allocated for those.
        var findings: [Finding] = []
        for violation in request.violations { findings.append(Finding(Rule(violation), from: .client)) }
        // The fields of a draft follow rules of their own.
        if request.draft == nil {
            for violation in offerViolations { findings.append(finding(violation, from: .client)) }
        }
        for violation in answer.violations { findings.append(Finding(Rule(violation), from: .server)) }
        if hasBytesBeforeHead { findings.append(Finding(Rule(.bytesBeforeAnswer), from: .server)) }
        if hasTextAfterHead { findings.append(Finding(Rule(.textAfterAnswer), from: .server)) }
        if let selection {
            for violation in selectionViolations { findings.append(finding(violation, from: .server)) }
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
    /// The findings on negotiated extensions that are not decoded: one for legacy extensions, and one for all others.
    static func undecoded(_ extensions: UndecodedExtensions) -> [Finding] {
        guard !extensions.names.isEmpty else { return [] }
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
