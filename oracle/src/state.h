/*
** What the files of our own C share: the oracle's state and the parts of it that have a file of
** their own. None of it is seen by Rust.
*/
#ifndef ORACLE_STATE_H
#define ORACLE_STATE_H

#include <time.h>

#include "lua.h"

#include "memory.h"
#include "shim.h"

typedef struct oracle_world oracle_world;
typedef struct oracle_trace oracle_trace;

/* A text that grows. */
typedef struct oracle_text {
  char *bytes;
  size_t length;
  size_t size;
} oracle_text;

struct oracle {
  lua_State *L; /* NULL after oracle_finish */
  oracle_heap memory;
  /* budget of a run; `tripped` is the ORACLE_ status of what ended it, or 0 */
  int has_fuel;
  int has_deadline;
  uint64_t fuel;
  struct timespec deadline;
  int interval;
  int tripped;
  /* the hook of Rust */
  int mask;
  int count;
  oracle_callback callback;
  void *data;
  /* what the last operation left */
  oracle_value *results;
  size_t result_count;
  oracle_value error;
  oracle_value report;
  oracle_accounts accounts;
  /* NULL: the process's own */
  oracle_world *world;
  int wants_graph;
  oracle_text graph;
  /* NULL: not traced */
  oracle_trace *trace;
};

void *oracle_allocate(size_t size);
void oracle_text_add(oracle_text *text, const void *piece, size_t length);
oracle *oracle_of(lua_State *L);

/* graph.c */
void oracle_graph_write(lua_State *L, oracle_text *out);

/* trace.c */
void oracle_trace_instruction(lua_State *L, oracle_trace *trace);
void oracle_trace_end(oracle_trace *trace);
void oracle_trace_free(oracle_trace *trace);

/* world.c */
void oracle_world_enter(oracle_world *world, oracle_world **before);
void oracle_world_leave(oracle_world *before);
void oracle_world_free(oracle_world *world);
int oracle_world_exit(int status);

#endif
