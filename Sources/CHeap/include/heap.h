#ifndef CHEAP_H
#define CHEAP_H

/// Lets the threads of this process share a few heaps: what one frees in a heap of its own, no other can use.
///
/// Does nothing where the C library has no such heaps.
void heap_share(void);

#endif
