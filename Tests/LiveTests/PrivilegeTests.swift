import Foundation
import TestSupport
import Testing

extension LiveTests {
    @Suite("drops the privileges it was started with")
    struct PrivilegeTests {
        @Test("to nobody, to the user who called sudo, or to the user named")
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
            // It has done more than start: it has read packets and written.
            #expect(eventually { sniffer.count("message") > 0 })
            let threads = try sniffer.program.threadStatuses()
            #expect(!threads.isEmpty)
            for thread in threads {
                // The real, effective, saved and file-system IDs.
                #expect(thread["Uid"] == [uid, uid, uid, uid])
                #expect(thread["Gid"] == [gid, gid, gid, gid])
                #expect(thread["Groups"]?.contains("0") == false)
                for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] { #expect(thread[set] == ["0000000000000000"]) }
                #expect(thread["NoNewPrivs"] == ["1"])
            }
            #expect(try sniffer.end().status == 0)
            try stage.finish()
        }

        @Test(
            "but first opens files in root's folders, and gives them to the user",
            arguments: ["trace", "shared/own/trace", "own/../shared/own/trace"])
        func rootsFiles(path: String) throws {
            let (stage, folder) = try (Stage(), rootsFolder())
            let file = folder.path(path)
            let sniffer = try Sniffer(on: stage, ["-Z", "nobody", "-o", file])
            try stage.hold(Talk(seed: 42))
            #expect(try sniffer.end().status == 0)
            var status = stat()
            #expect(lstat(file, &status) == 0 && status.st_size > 0)
            #expect(status.st_uid == getpwnam("nobody")?.pointee.pw_uid)
        }

        @Test(
            "and opens none if another user can change the path",
            arguments: ["open/own/trace", "theirs/trace", "shared/link/trace", "shared/file"])
        func foreignFiles(path: String) throws {
            let (stage, folder) = try (Stage(), rootsFolder())
            let errors = stage.folder.path("errors")
            let program = try stage.start(
                [Wstap.path, "live", "-i", stage.interface, "-Z", "nobody", "-o", folder.path(path)],
                output: stage.folder.path("output"), errors: errors)
            #expect(program.wait(atMost: .patience) == 2)
            #expect(try String(contentsOfFile: errors, encoding: .utf8).contains("folders that belong to root alone"))
            #expect(try String(contentsOfFile: folder.path("shared/file"), encoding: .utf8) == "kept")
        }

        /// A folder of root's with folders in it: one like /tmp, one that everybody may change, and another user's.
        private func rootsFolder() throws -> ScratchFolder {
            let folder = try ScratchFolder()
            chmod(folder.url.path, 0o755)
            let modes: [(String, mode_t)] = [("own", 0o700), ("shared", 0o1777), ("open", 0o777), ("theirs", 0o755)]
            for (name, mode) in modes {
                for path in [name, name + "/own"] { mkdir(folder.path(path), 0o700) }
                chmod(folder.path(name), mode)
            }
            chown(folder.path("theirs"), 1, 1)
            symlink(folder.path("own"), folder.path("shared/link"))
            try Data("kept".utf8).write(to: URL(filePath: folder.path("shared/file")))
            chmod(folder.path("shared/file"), 0o600)
            return folder
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
