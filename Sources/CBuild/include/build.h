#ifndef CBUILD_H
#define CBUILD_H

/// The commit that the program was built from, as `git describe` writes it; "" if the build was not told.
///
/// A function, since Swift sees no macro that the command line of the build defines.
const char *build_commit(void);

#endif
