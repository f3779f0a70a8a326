import Foundation
import TestSupport
import Testing

extension LiveTests {
    @Suite("drops the privileges it was started with")
    struct PrivilegeTests {
        @Test("to nobody, to who called sudo, or to the user named")
        func users() throws {
            try check([], ["SUDO_USER": "", "SUDO_UID": "", "SUDO_GID": ""], user: "nobody")
            try check([], ["SUDO_USER": "daemon", "SUDO_UID": "1", "SUDO_GID": "1"], user: "daemon")
            try check(["-Z", "bin"], ["SUDO_USER": "daemon", "SUDO_UID": "1", "SUDO_GID": "1"], user: "bin")
        }

        private func check(_ words: [String], _ environment: [String: String], user: String) throws {
            let entry = try #require(getpwnam(user)).pointee
            let (uid, gid) = (String(entry.pw_uid), String(entry.pw_gid))
            let stage = try Stage()
            let sniffer = try Sniffer(on: stage, words, environment: environment)
            try stage.begin(Talk(seed: 41))
            // It has not only begun: it has read packets, and written.
            #expect(eventually { sniffer.count("message") > 0 })
            let threads = try sniffer.program.threadStatuses()
            #expect(!threads.isEmpty)
            for thread in threads {
                // The real, the effective, the saved one, and that for files.
                #expect(thread["Uid"] == [uid, uid, uid, uid])
                #expect(thread["Gid"] == [gid, gid, gid, gid])
                #expect(thread["Groups"]?.contains("0") == false)
                for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] { #expect(thread[set] == ["0000000000000000"]) }
                #expect(thread["NoNewPrivs"] == ["1"])
            }
            #expect(try sniffer.end().status == 0)
            try stage.finish()
        }

        @Test("but not to a user that does not exist")
        func unknownUser() throws {
            let stage = try Stage()
            let errors = stage.folder.path("errors")
            let program = try stage.start(
                [Wstap.path, "live", "-i", stage.interface, "-Z", "no-such-user"], output: stage.folder.path("output"),
                errors: errors)
            let status = program.wait(atMost: .patience)
            #expect(status == 2 || status == 64)
            #expect(try String(contentsOfFile: errors, encoding: .utf8).contains("no-such-user"))
        }
    }
}
