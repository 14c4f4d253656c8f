/*
** See memory.c. Needs nothing of Lua.
*/

#ifndef ORACLE_MEMORY_H
#define ORACLE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Sizes of small objects that are kept apart, from 16 to 512 bytes. */
#define ORACLE_SIZES 32

typedef struct oracle_block oracle_block;

typedef struct oracle_heap {
  size_t limit; /* bytes as Lua counts them; SIZE_MAX: none */
  size_t used;  /* the same, never more than that */
  int refused;  /* whether the limit was in the way since this was cleared */
  size_t small; /* bytes: larger objects come from the system's allocator; 0: all do */
  uint64_t scatter; /* 0: objects lie side by side */
  oracle_block *blocks;
  char *begin; /* what is left of the newest block */
  char *end;
  void *freed[ORACLE_SIZES];
} oracle_heap;

/* To be called before anything else, and after the state is closed. A limit of 0 is none. */
void oracle_memory_begin(oracle_heap *m, size_t limit, uint64_t scatter);
void oracle_memory_end(oracle_heap *m);

/* As lua_Alloc. */
void *oracle_memory_allocate(oracle_heap *m, void *object, size_t old_size, size_t new_size);

#endif
