#ifndef CBUILD_H
#define CBUILD_H

/// The commit that the program was built from, as `git describe` writes it; "" if the build was not told.
#ifndef WSTAP_COMMIT
#define WSTAP_COMMIT ""
#endif

#endif
