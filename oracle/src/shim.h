/*
** The C side's interface to Rust. src/ffi.rs declares the same, in the same order: change both.
** What each function does stands with it in shim.c.
*/
#ifndef ORACLE_SHIM_H
#define ORACLE_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct oracle oracle;

/* A Lua value outside Lua. `type` is a LUA_T constant; the other fields count for their type. */
typedef struct oracle_value {
  int type;
  int boolean;
  double number;
  const char *bytes;
  size_t length;
} oracle_value;

/* What a chunk is loaded from: `length` bytes at `text`, or the file `name` when `text` is NULL. */
typedef struct oracle_source {
  const char *text;
  size_t length;
  const char *name;
} oracle_source;

/* One event of a hook. Strings last as long as the callback runs; NULL where not known. */
typedef struct oracle_event {
  int kind;             /* a LUA_HOOK constant */
  int line;             /* -1: not known */
  int pc;               /* -1: not in a Lua function */
  uint32_t instruction; /* the one at `pc` */
  const char *name;
  const char *name_what;
  const char *what;
  const char *short_source;
} oracle_event;

/* The collector's books when a program had ended, in bytes. */
typedef struct oracle_accounts {
  size_t total;
  size_t threshold;
  size_t debt;
  size_t strings;
  size_t string_buckets;
  int phase; /* GCSpause ... GCSfinalize */
} oracle_accounts;

/* Returns 0 to go on, another value to stop the program. Must not call into the same state. */
typedef int (*oracle_callback)(void *data, const oracle_event *event);

/* Statuses besides Lua's own (LUA_ERRRUN ... LUA_ERRERR, LUA_ERRFILE), from where those end. */
enum { ORACLE_DEADLINE = 100, ORACLE_FUEL = 101, ORACLE_STOPPED = 102, ORACLE_EXIT = 103 };

oracle *oracle_open(size_t memory, uint64_t scatter);
void oracle_close(oracle *o);
int oracle_libraries(oracle *o);
int oracle_load(oracle *o, const oracle_source *source, int *chunk);
void oracle_unload(oracle *o, int chunk);
int oracle_run(oracle *o, const oracle_source *source, const oracle_value *arguments, size_t count);
int oracle_call(oracle *o, int chunk, const oracle_value *arguments, size_t count);
int oracle_execute(oracle *o, const oracle_source *before, const oracle_source *source,
                   const oracle_value *arguments, size_t count);
void oracle_finish(oracle *o);
int oracle_dump(oracle *o, int chunk, int strip);
int oracle_set_global(oracle *o, const oracle_value *name, const oracle_value *value);
int oracle_get_global(oracle *o, const oracle_value *name);
void oracle_set_budget(oracle *o, uint64_t fuel, uint64_t milliseconds);
void oracle_set_hook(oracle *o, int mask, int count, oracle_callback callback, void *data);
const oracle_value *oracle_results(const oracle *o, size_t *count);
const oracle_value *oracle_error(const oracle *o);
const oracle_value *oracle_report(const oracle *o);
void oracle_seal(oracle *o, const char *input, size_t length);
const char *oracle_output(const oracle *o, int which, size_t *length);
void oracle_want_graph(oracle *o);
const char *oracle_graph(const oracle *o, size_t *length);
void oracle_trace_start(oracle *o, size_t most, size_t from, size_t to, int is_whole);
const uint64_t *oracle_trace_numbers(const oracle *o, size_t *count);
int oracle_trace_is_cut(const oracle *o);
const char *oracle_trace_text(const oracle *o, size_t *length);
int oracle_exit_status(const oracle *o);
const oracle_accounts *oracle_counted(const oracle *o);
size_t oracle_memory(const oracle *o);
int oracle_refused(const oracle *o);

#endif
