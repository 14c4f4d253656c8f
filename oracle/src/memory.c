/*
** The memory of an oracle's Lua state: how much it may have, and where its objects lie.
**
** Small objects come from blocks of the oracle's own, because most states run one small program, and
** making and freeing objects is much of that; what is freed is the next one of its size. Large ones
** come from the system. Only the sizes that Lua asks for count, as in the original.
**
** With `scatter`, a seed, objects lie elsewhere, behind gaps that nobody asked for: what a program
** then does otherwise depends on addresses. A program that makes the same objects again and again
** has them at other addresses each time, unless freed memory is used again; with the system's
** allocator both happen. So with an even seed it is, and with an odd one it is left to the system,
** which hardly has two objects of one size then.
*/

#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define GRAIN 16 /* bytes: the sizes that are kept apart, and the alignment */
#define SMALL (GRAIN * ORACLE_SIZES) /* bytes: what comes from blocks, at most */
#define BLOCK ((size_t)60 << 10) /* the system's allocator keeps such blocks at hand */

/* A function of its own, so that those that call it rarely need no frame. */
#if defined(__GNUC__)
#define ALONE __attribute__((noinline))
#else
#define ALONE
#endif

/* A freed object. */
typedef struct link {
  struct link *next;
} link;

/* A block begins with one, and goes on with objects. */
struct oracle_block {
  oracle_block *next;
  char *padding; /* to GRAIN bytes */
};

static size_t class_of(size_t size) { return (size - 1) / GRAIN; }

/* Room before a new object that nobody asked for. */
static size_t gap(oracle_heap *m) {
  if (m->scatter == 0) return 0;
  m->scatter = m->scatter * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (size_t)(m->scatter >> 61) * GRAIN;
}

/* From a new block, if the last one is used up. NULL if there is none. */
static void *from_block(oracle_heap *m, size_t size) {
  char *object;
  if ((size_t)(m->end - m->begin) < size) {
    oracle_block *block = malloc(BLOCK);
    if (block == NULL) return NULL;
    block->next = m->blocks;
    m->blocks = block;
    m->begin = (char *)block + sizeof *block;
    m->end = (char *)block + BLOCK;
  }
  object = m->begin;
  m->begin += size;
  return object;
}

/* What no freed object serves. */
static ALONE void *take_anew(oracle_heap *m, size_t size) {
  size_t room = gap(m);
  char *object;
  if (size > m->small) return malloc(size + room);
  object = from_block(m, room + (class_of(size) + 1) * GRAIN);
  return object == NULL ? NULL : object + room;
}

static void *take(oracle_heap *m, size_t size) {
  if (size <= m->small) {
    link *freed = m->freed[class_of(size)];
    if (freed != NULL) {
      m->freed[class_of(size)] = freed->next;
      return freed;
    }
  }
  return take_anew(m, size);
}

static void give(oracle_heap *m, void *object, size_t size) {
  if (size <= m->small) {
    link *freed = object;
    freed->next = m->freed[class_of(size)];
    m->freed[class_of(size)] = freed;
  } else {
    free(object);
  }
}

static ALONE void *resize(oracle_heap *m, void *object, size_t old_size, size_t new_size) {
  void *result;
  if (old_size > m->small && new_size > m->small) return realloc(object, new_size);
  if (class_of(old_size) == class_of(new_size)) return object;
  result = take(m, new_size);
  if (result == NULL) return NULL;
  memcpy(result, object, old_size < new_size ? old_size : new_size);
  give(m, object, old_size);
  return result;
}

void oracle_memory_begin(oracle_heap *m, size_t limit, uint64_t scatter) {
  memset(m, 0, sizeof *m);
  m->limit = limit == 0 ? SIZE_MAX : limit;
  m->scatter = scatter;
  m->small = scatter % 2 == 0 ? SMALL : 0;
}

void oracle_memory_end(oracle_heap *m) {
  while (m->blocks != NULL) {
    oracle_block *next = m->blocks->next;
    free(m->blocks);
    m->blocks = next;
  }
}

void *oracle_memory_allocate(oracle_heap *m, void *object, size_t old_size, size_t new_size) {
  void *result;
  if (new_size == 0) {
    m->used -= old_size;
    if (object != NULL) give(m, object, old_size);
    return NULL;
  }
  if (new_size > old_size && new_size - old_size > m->limit - m->used) {
    m->refused = 1;
    return NULL;
  }
  result = object == NULL ? take(m, new_size) : resize(m, object, old_size, new_size);
  if (result != NULL) m->used = m->used - old_size + new_size;
  return result;
}
