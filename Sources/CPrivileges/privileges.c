// For the identities that are saved.
#define _GNU_SOURCE

#include "privileges.h"

#include <errno.h>
#include <unistd.h>

#ifdef __linux__

#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

// More than any kernel knows; beyond its last one it says EINVAL.
enum { capability_end = 256 };

int privileges_bound_capabilities(void) {
    for (unsigned long number = 0; number < capability_end; number++) {
        if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0 && errno != EPERM) {
            return errno == EINVAL ? 0 : errno;
        }
    }
    return 0;
}

int privileges_drop_capabilities(void) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return errno;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    memset(none, 0, sizeof none);
    return syscall(SYS_capset, &header, none) == 0 ? 0 : errno;
}

int privileges_have_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, sets) != 0) return -1;
    for (int word = 0; word < _LINUX_CAPABILITY_U32S_3; word++) {
        if ((sets[word].effective | sets[word].permitted | sets[word].inheritable) != 0) return 1;
    }
    return 0;
}

int privileges_forbid_new(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno; }

int privileges_set_user(uid_t user) { return setresuid(user, user, user) == 0 ? 0 : errno; }

int privileges_set_group(gid_t group) { return setresgid(group, group, group) == 0 ? 0 : errno; }

int privileges_belong_to(uid_t user, gid_t group) {
    uid_t users[3];
    gid_t groups[3];
    if (getresuid(&users[0], &users[1], &users[2]) != 0 || getresgid(&groups[0], &groups[1], &groups[2]) != 0) return 0;
    for (int index = 0; index < 3; index++) {
        if (users[index] != user || groups[index] != group) return 0;
    }
    return 1;
}

#else

int privileges_bound_capabilities(void) { return 0; }
int privileges_drop_capabilities(void) { return 0; }
int privileges_have_capabilities(void) { return 0; }
int privileges_forbid_new(void) { return 0; }

// As root, these change the saved identities as well.
int privileges_set_user(uid_t user) { return setuid(user) == 0 ? 0 : errno; }
int privileges_set_group(gid_t group) { return setgid(group) == 0 ? 0 : errno; }

int privileges_belong_to(uid_t user, gid_t group) {
    return getuid() == user && geteuid() == user && getgid() == group && getegid() == group;
}

#endif
