#ifndef CPRIVILEGES_H
#define CPRIVILEGES_H

#include <sys/types.h>

// What gives a process rights beside its user, and has no name that Swift sees. Each returns 0, or an error number;
// where a system has no such thing, there is nothing to do.

/// Takes from this process, and what it starts, every capability that it could ever get: as far as it may.
int privileges_bound_capabilities(void);

/// Gives up all capabilities of the calling thread.
int privileges_drop_capabilities(void);

/// Whether the calling thread has any capability, or could give itself one; negative where that is not known.
int privileges_have_capabilities(void);

/// Lets nothing that this thread starts have more rights than it has (PR_SET_NO_NEW_PRIVS).
int privileges_forbid_new(void);

/// Has the process belong to a user, without a saved identity to go back to.
int privileges_set_user(uid_t user);

/// Has the process belong to a group, likewise.
int privileges_set_group(gid_t group);

/// Whether its real, effective and saved identities are all these.
int privileges_belong_to(uid_t user, gid_t group);

#endif
