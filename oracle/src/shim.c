/*
** Everything of Lua's API that can raise an error, called from C.
**
** Lua raises errors with longjmp, and a longjmp over a Rust frame is undefined. So Rust never
** calls lua_*: it calls the functions of shim.h, and each of them does its work under
** lua_cpcall and returns a status. In the other direction Lua reaches Rust only through
** the callback of a hook, which returns to C before anything is raised. Between a
** setjmp and its longjmp there are then only frames of C:
**
**     Rust -> oracle_run -> lua_cpcall [setjmp] -> ... -> hook -> Rust callback
**                                                     hook [longjmp] <- returned
**
** Values leave Lua as copies made with malloc, which neither counts against the memory
** limit nor raises; they last until the next operation on the state.
*/

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lua.h"

#include "lauxlib.h"
#include "lobject.h"
#include "lstate.h"
#include "ldebug.h"
#include "lualib.h"
#include "ldo.h"
#include "lundump.h"

#include "state.h"

/* Instructions between two looks at the clock and the fuel. */
#define INTERVAL 1000

/* The count of a hook of the program that counts for us: one that no program asks for. */
#define BORROWED 997

/*
** Values
*/

/* Rust's own answer to an allocation that fails, outside Lua's limit, is to abort as well. */
void *oracle_allocate(size_t size) {
  void *block = malloc(size ? size : 1);
  if (block == NULL) abort();
  return block;
}

void oracle_text_add(oracle_text *text, const void *piece, size_t length) {
  if (length > text->size - text->length) {
    size_t size = (text->length + length) * 2;
    char *bytes = realloc(text->bytes, size);
    if (bytes == NULL) abort();
    text->bytes = bytes;
    text->size = size;
  }
  memcpy(text->bytes + text->length, piece, length);
  text->length += length;
}

static void keep_bytes(oracle_value *out, const char *bytes, size_t length) {
  char *copy = oracle_allocate(length);
  memcpy(copy, bytes, length);
  out->type = LUA_TSTRING;
  out->bytes = copy;
  out->length = length;
}

/* Copies a value without converting it: conversion allocates and could raise. */
static void keep(lua_State *L, int index, oracle_value *out) {
  memset(out, 0, sizeof *out);
  out->type = lua_type(L, index);
  switch (out->type) {
    case LUA_TBOOLEAN: out->boolean = lua_toboolean(L, index); break;
    case LUA_TNUMBER: out->number = lua_tonumber(L, index); break;
    case LUA_TSTRING: {
      size_t length;
      const char *bytes = lua_tolstring(L, index, &length);
      keep_bytes(out, bytes, length);
      break;
    }
    default: break;
  }
}

static void drop(oracle_value *value) {
  free((char *)value->bytes);
  memset(value, 0, sizeof *value);
}

static void forget(oracle *o) {
  size_t i;
  for (i = 0; i < o->result_count; i++) drop(&o->results[i]);
  free(o->results);
  o->results = NULL;
  o->result_count = 0;
  drop(&o->error);
  drop(&o->report);
}

/* Room for `count` results, all nil. */
static void expect_results(oracle *o, size_t count) {
  o->results = oracle_allocate(count * sizeof *o->results);
  memset(o->results, 0, count * sizeof *o->results);
  o->result_count = count;
}

/* May raise: a string is created. */
static void push(lua_State *L, const oracle_value *value) {
  switch (value->type) {
    case LUA_TBOOLEAN: lua_pushboolean(L, value->boolean); break;
    case LUA_TNUMBER: lua_pushnumber(L, value->number); break;
    case LUA_TSTRING: lua_pushlstring(L, value->bytes, value->length); break;
    default: lua_pushnil(L); break;
  }
}

/*
** Memory
*/

static void *allocate(void *ud, void *block, size_t old_size, size_t new_size) {
  return oracle_memory_allocate(&((oracle *)ud)->memory, block, old_size, new_size);
}

/*
** Lua hands the allocator's argument back, so a C function finds its oracle without an upvalue.
** NULL in the stand-alone programs.
*/
oracle *oracle_of(lua_State *L) {
  void *ud;
  lua_getallocf(L, &ud);
  return ud;
}

/*
** Hooks and the budget
*/

static void hook(lua_State *L, lua_Debug *ar);

/*
** Ends the program. It may catch the error, so from here on every instruction raises it
** again, in this coroutine and in the main one; the others notice at their next interval.
*/
static void trip(lua_State *L, oracle *o, int why) {
  o->tripped = why;
  o->interval = 1;
  lua_sethook(L, hook, LUA_MASKCOUNT, 1);
  lua_sethook(o->L, hook, LUA_MASKCOUNT, 1);
  luaD_checkstack(L, LUA_MINSTACK);
  luaL_error(L, why == ORACLE_FUEL ? "out of fuel"
              : why == ORACLE_DEADLINE ? "deadline passed"
              : why == ORACLE_EXIT ? "the program has ended itself"
              : "stopped by the hook");
}

static int deadline_passed(const oracle *o) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec > o->deadline.tv_sec
      || (now.tv_sec == o->deadline.tv_sec && now.tv_nsec >= o->deadline.tv_nsec);
}

/* Spends what was executed since the hook was last called. */
static void spend(lua_State *L, oracle *o, int instructions) {
  if (o->tripped != 0) trip(L, o, o->tripped);
  if (o->has_fuel) {
    if (o->fuel <= (uint64_t)instructions) {
      o->fuel = 0;
      trip(L, o, ORACLE_FUEL);
    }
    o->fuel -= (uint64_t)instructions;
    if (o->fuel < (uint64_t)o->interval && o->count == 0) {
      o->interval = (int)o->fuel;
      if (lua_gethook(L) == hook) lua_sethook(L, hook, lua_gethookmask(L), o->interval);
    }
  }
  if (o->has_deadline && deadline_passed(o)) trip(L, o, ORACLE_DEADLINE);
}

static void describe(lua_State *L, lua_Debug *ar, oracle_event *event) {
  memset(event, 0, sizeof *event);
  event->kind = ar->event;
  event->line = ar->currentline;
  event->pc = -1;
  if (ar->event == LUA_HOOKCOUNT || ar->event == LUA_HOOKLINE) {
    /* both come from the interpreter loop, so the running function is a Lua function */
    const Proto *p = ci_func(L->ci)->l.p;
    event->pc = pcRel(L->savedpc, p);
    event->instruction = p->code[event->pc];
  }
  if (ar->event != LUA_HOOKCOUNT) { /* too slow for each instruction */
    lua_getinfo(L, "nSl", ar);
    event->line = ar->currentline;
    event->name = ar->name;
    event->name_what = ar->namewhat;
    event->what = ar->what;
    event->short_source = ar->short_src;
  }
}

static void hook(lua_State *L, lua_Debug *ar) {
  oracle *o = oracle_of(L);
  if (ar->event == LUA_HOOKCOUNT) spend(L, o, o->interval);
  if (o->callback != NULL && o->tripped == 0) {
    int kind = ar->event == LUA_HOOKTAILRET ? LUA_HOOKRET : ar->event;
    if (o->mask & (1 << kind)) {
      oracle_event event;
      describe(L, ar, &event);
      if (o->callback(o->data, &event) != 0) trip(L, o, ORACLE_STOPPED);
    }
  }
}

/* The mask of our own hook; 0 when nothing asks for one. */
static int own_mask(const oracle *o) {
  int mask = o->callback != NULL ? o->mask : 0;
  if (o->has_fuel || o->has_deadline || o->trace != NULL) mask |= LUA_MASKCOUNT;
  return mask;
}

/* A hook of the program that counts nothing itself counts for us. */
static int counts_for_us(lua_State *L) {
  const oracle *o = oracle_of(L);
  return o != NULL && (o->has_fuel || o->has_deadline) && lua_gethook(L) != hook
         && (lua_gethookmask(L) & LUA_MASKCOUNT) && lua_gethookcount(L) == BORROWED;
}

/*
** The interpreter loop calls this in place of luaD_callhook. Our own look at an instruction does
** without what that function does to the stack and the call record, which a program could see
** in `collectgarbage "count"`; and finalizers, in which hooks are off, spend fuel as well.
*/
void oracle_loop_hook(lua_State *L, int event, int line) {
  oracle *o = oracle_of(L);
  if (event == LUA_HOOKCOUNT && lua_gethook(L) == hook) {
    lua_Debug ar;
    if (o->trace != NULL && o->tripped == 0) oracle_trace_instruction(L, o->trace);
    ar.event = event;
    ar.currentline = line;
    hook(L, &ar);
    return;
  }
  if (event == LUA_HOOKCOUNT && o != NULL) {
    spend(L, o, lua_gethookcount(L));
    if (counts_for_us(L)) return;
  }
  luaD_callhook(L, event, line);
}

/*
** What debug.sethook does. Where the program takes its hook away, ours comes back. A trace ends
** where the program sets one: there is no room for two.
*/
int oracle_program_set_hook(lua_State *L, lua_Hook func, int mask, int count) {
  oracle *o = oracle_of(L);
  if (o == NULL) return lua_sethook(L, func, mask, count);
  if (func == NULL || mask == 0) {
    int own = own_mask(o);
    return lua_sethook(L, own != 0 ? hook : NULL, own, own != 0 ? o->interval : 0);
  }
  if (o->trace != NULL) oracle_trace_end(o->trace);
  if ((o->has_fuel || o->has_deadline) && count == 0) {
    mask |= LUA_MASKCOUNT;
    count = BORROWED;
  }
  return lua_sethook(L, func, mask, count);
}

/* What debug.gethook is told: our hook is no business of the program's. */
lua_Hook oracle_program_hook(lua_State *L) {
  lua_Hook found = lua_gethook(L);
  return found == hook ? NULL : found;
}

int oracle_program_hook_mask(lua_State *L) {
  int mask = lua_gethook(L) == hook ? 0 : lua_gethookmask(L);
  return counts_for_us(L) ? mask & ~LUA_MASKCOUNT : mask;
}

int oracle_program_hook_count(lua_State *L) {
  return lua_gethook(L) == hook || counts_for_us(L) ? 0 : lua_gethookcount(L);
}

/* os.exit: ends the process, but of a sealed state only the program. */
void oracle_exit(lua_State *L, int status) {
  if (!oracle_world_exit(status)) exit(status);
  trip(L, oracle_of(L), ORACLE_EXIT);
  abort(); /* trip raised an error */
}

/*
** No hook unless something asked for one, because programs can see it (debug.gethook); and
** one that the program set itself stays as long as nothing else is asked for.
*/
static void install_hook(oracle *o) {
  int mask = own_mask(o);
  o->interval = o->trace != NULL ? 1 : o->count != 0 ? o->count : INTERVAL;
  if (o->has_fuel && o->count == 0 && o->fuel < INTERVAL)
    o->interval = o->fuel != 0 ? (int)o->fuel : 1;
  if (mask != 0)
    lua_sethook(o->L, hook, mask, o->interval);
  else if (lua_gethook(o->L) == hook)
    lua_sethook(o->L, NULL, 0, 0);
}

/* What a run may spend: instructions and time, 0 for no bound. Counts from now. */
void oracle_set_budget(oracle *o, uint64_t fuel, uint64_t milliseconds) {
  o->tripped = 0;
  o->has_fuel = fuel != 0;
  o->fuel = fuel;
  o->has_deadline = milliseconds != 0;
  clock_gettime(CLOCK_MONOTONIC, &o->deadline);
  o->deadline.tv_sec += (time_t)(milliseconds / 1000);
  o->deadline.tv_nsec += (long)(milliseconds % 1000) * 1000000;
  if (o->deadline.tv_nsec >= 1000000000) {
    o->deadline.tv_nsec -= 1000000000;
    o->deadline.tv_sec++;
  }
  install_hook(o);
}

/* `mask` of LUA_MASK constants, `count` for LUA_MASKCOUNT; a NULL callback removes the hook. */
void oracle_set_hook(oracle *o, int mask, int count, oracle_callback callback, void *data) {
  o->mask = mask;
  o->count = (mask & LUA_MASKCOUNT) ? count : 0;
  o->callback = callback;
  o->data = data;
  install_hook(o);
}

/*
** Operations: a job, and a function that does it under lua_cpcall
*/

typedef struct job {
  oracle *o;
  int status; /* of an inner lua_pcall or lua_load */
  const oracle_source *source;
  const oracle_source *before;
  int chunk;
  int strip;
  const oracle_value *values;
  size_t count;
} job;

static int protect(lua_CFunction function, job *j) {
  oracle *o = j->o;
  oracle_world *outside;
  int status;
  forget(o);
  o->memory.refused = 0;
  oracle_world_enter(o->world, &outside);
  status = lua_cpcall(o->L, function, j);
  oracle_world_leave(outside);
  if (status != 0) {
    keep(o->L, -1, &o->error);
    lua_pop(o->L, 1);
  }
  else
    status = j->status;
  return o->tripped != 0 ? o->tripped : status;
}

static int load_source(lua_State *L, const oracle_source *source) {
  return source->text != NULL
    ? luaL_loadbuffer(L, source->text, source->length, source->name)
    : luaL_loadfile(L, source->name);
}

/* The message handler of lua.c, but the error value stays as it was: the text goes to `report`. */
static int report_error(lua_State *L) {
  oracle *o = oracle_of(L);
  lua_settop(L, 1);
  lua_getfield(L, LUA_GLOBALSINDEX, "debug");
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "traceback");
    if (lua_isfunction(L, -1)) {
      lua_pushvalue(L, 1);
      lua_pushinteger(L, 2); /* leaves out this function */
      lua_call(L, 2, 1);
      drop(&o->report);
      keep(L, -1, &o->report);
    }
  }
  lua_settop(L, 1);
  return 1;
}

/* Calls the function on the top. The C levels are those of lua.c: one lua_cpcall, one lua_pcall. */
static void call_top(lua_State *L, job *j) {
  int function = lua_gettop(L);
  size_t i;
  lua_pushcfunction(L, report_error);
  lua_insert(L, function);
  luaL_checkstack(L, (int)j->count, "too many arguments");
  for (i = 0; i < j->count; i++) push(L, &j->values[i]);
  j->status = lua_pcall(L, (int)j->count, LUA_MULTRET, function);
  if (j->status != 0)
    keep(L, -1, &j->o->error);
  else {
    int k, results = lua_gettop(L) - function;
    expect_results(j->o, (size_t)results);
    for (k = 0; k < results; k++) keep(L, function + 1 + k, &j->o->results[k]);
  }
}

static int do_libraries(lua_State *L) {
  lua_gc(L, LUA_GCSTOP, 0); /* as lua.c does */
  luaL_openlibs(L);
  lua_gc(L, LUA_GCRESTART, 0);
  return 0;
}

static int do_load(lua_State *L) {
  job *j = lua_touserdata(L, 1);
  j->status = load_source(L, j->source);
  if (j->status != 0)
    keep(L, -1, &j->o->error);
  else
    j->chunk = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

static int do_unload(lua_State *L) {
  job *j = lua_touserdata(L, 1);
  luaL_unref(L, LUA_REGISTRYINDEX, j->chunk);
  return 0;
}

static int do_run(lua_State *L) {
  job *j = lua_touserdata(L, 1);
  j->status = load_source(L, j->source);
  if (j->status != 0)
    keep(L, -1, &j->o->error);
  else
    call_top(L, j);
  return 0;
}

static void count(oracle *o) {
  const global_State *g = G(o->L);
  oracle_accounts *a = &o->accounts;
  a->total = g->totalbytes;
  a->threshold = g->GCthreshold;
  a->debt = g->gcdept;
  a->strings = g->strt.nuse;
  a->string_buckets = (size_t)g->strt.size;
  a->phase = g->gcstate;
}

static int execute_source(lua_State *L, job *j) {
  do_libraries(L);
  if (j->before != NULL) {
    j->status = load_source(L, j->before);
    if (j->status != 0) return 0;
    lua_call(L, 0, 0);
  }
  j->status = load_source(L, j->source);
  if (j->status != 0) return 0;
  call_top(L, j);
  return 1;
}

static int do_execute(lua_State *L) {
  job *j = lua_touserdata(L, 1);
  if (!execute_source(L, j)) keep(L, -1, &j->o->error);
  count(j->o);
  if (j->o->wants_graph) oracle_graph_write(L, &j->o->graph);
  return 0;
}

static int do_call(lua_State *L) {
  job *j = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, j->chunk);
  call_top(L, j);
  return 0;
}

static int append(lua_State *L, const void *piece, size_t length, void *ud) {
  (void)L;
  oracle_text_add(ud, piece, length);
  return 0;
}

/* As luac does for one file; lua_dump of the API can't strip. The writer never fails or raises. */
static int do_dump(lua_State *L) {
  job *j = lua_touserdata(L, 1);
  oracle_text b = {NULL, 0, 0};
  lua_rawgeti(L, LUA_REGISTRYINDEX, j->chunk);
  luaU_dump(L, clvalue(L->top - 1)->l.p, append, &b, j->strip);
  expect_results(j->o, 1);
  j->o->results[0].type = LUA_TSTRING;
  j->o->results[0].bytes = b.bytes;
  j->o->results[0].length = b.length;
  return 0;
}

static int do_set_global(lua_State *L) {
  job *j = lua_touserdata(L, 1);
  push(L, &j->values[0]);
  push(L, &j->values[1]);
  lua_rawset(L, LUA_GLOBALSINDEX);
  return 0;
}

static int do_get_global(lua_State *L) {
  job *j = lua_touserdata(L, 1);
  push(L, &j->values[0]);
  lua_rawget(L, LUA_GLOBALSINDEX);
  expect_results(j->o, 1);
  keep(L, -1, &j->o->results[0]);
  return 0;
}

/*
** The interface
*/

/*
** A state without libraries, with at most `memory` bytes (0: no limit); NULL if they don't do.
** Unless it is 0, `scatter` decides how far from each other its objects lie (see memory.c).
*/
oracle *oracle_open(size_t memory, uint64_t scatter) {
  oracle *o = oracle_allocate(sizeof *o);
  memset(o, 0, sizeof *o);
  oracle_memory_begin(&o->memory, memory, scatter);
  o->L = lua_newstate(allocate, o);
  if (o->L == NULL) {
    oracle_memory_end(&o->memory);
    free(o);
    return NULL;
  }
  return o;
}

/* Runs the finalizers that are left. Their errors are ignored, as lua_close does. */
void oracle_close(oracle *o) {
  oracle_finish(o);
  if (o->world != NULL) oracle_world_free(o->world);
  if (o->trace != NULL) oracle_trace_free(o->trace);
  free(o->graph.bytes);
  forget(o);
  oracle_memory_end(&o->memory);
  free(o);
}

/* Opens all standard libraries. */
int oracle_libraries(oracle *o) {
  job j = {0};
  j.o = o;
  return protect(do_libraries, &j);
}

/* Loads a chunk and keeps it in the registry under the number `*chunk`. */
int oracle_load(oracle *o, const oracle_source *source, int *chunk) {
  job j = {0};
  int status;
  j.o = o;
  j.source = source;
  status = protect(do_load, &j);
  *chunk = j.chunk;
  return status;
}

/* Releases what oracle_load kept. */
void oracle_unload(oracle *o, int chunk) {
  job j = {0};
  j.o = o;
  j.chunk = chunk;
  protect(do_unload, &j);
}

/* Loads and calls in one go, leaving no trace in the registry. */
int oracle_run(oracle *o, const oracle_source *source, const oracle_value *arguments,
               size_t count) {
  job j = {0};
  j.o = o;
  j.source = source;
  j.values = arguments;
  j.count = count;
  return protect(do_run, &j);
}

/* Calls what oracle_load kept. */
int oracle_call(oracle *o, int chunk, const oracle_value *arguments, size_t count) {
  job j = {0};
  j.o = o;
  j.chunk = chunk;
  j.values = arguments;
  j.count = count;
  return protect(do_call, &j);
}

/* Leaves the bytecode of a loaded chunk as the only result. */
int oracle_dump(oracle *o, int chunk, int strip) {
  job j = {0};
  j.o = o;
  j.chunk = chunk;
  j.strip = strip;
  return protect(do_dump, &j);
}

/*
** A program from its beginning to its end as lua.c does it: libraries, then what comes before the
** program (which may be NULL), then the program.
*/
int oracle_execute(oracle *o, const oracle_source *before, const oracle_source *source,
                   const oracle_value *arguments, size_t count) {
  job j = {0};
  j.o = o;
  j.before = before;
  j.source = source;
  j.values = arguments;
  j.count = count;
  return protect(do_execute, &j);
}

/* Closes the Lua state, finalizers included; what it has written can be read until the end. */
void oracle_finish(oracle *o) {
  oracle_world *outside;
  if (o->L == NULL) return;
  oracle_world_enter(o->world, &outside);
  lua_close(o->L);
  oracle_world_leave(outside);
  o->L = NULL;
}

/* Makes oracle_execute write down the heap when the program has ended. */
void oracle_want_graph(oracle *o) { o->wants_graph = 1; }

const char *oracle_graph(const oracle *o, size_t *length) {
  *length = o->graph.length;
  return o->graph.bytes;
}

/* As they were when the program of oracle_execute had ended. */
const oracle_accounts *oracle_counted(const oracle *o) { return &o->accounts; }

/* Without metamethods. */
int oracle_set_global(oracle *o, const oracle_value *name, const oracle_value *value) {
  oracle_value pair[2];
  job j = {0};
  pair[0] = *name;
  pair[1] = *value;
  j.o = o;
  j.values = pair;
  return protect(do_set_global, &j);
}

/* Without metamethods; the value is the only result. */
int oracle_get_global(oracle *o, const oracle_value *name) {
  job j = {0};
  j.o = o;
  j.values = name;
  return protect(do_get_global, &j);
}

/* What the last operation returned. */
const oracle_value *oracle_results(const oracle *o, size_t *count) {
  *count = o->result_count;
  return o->results;
}

/* The error value of the last operation. */
const oracle_value *oracle_error(const oracle *o) { return &o->error; }

/* What debug.traceback made of it; nil when it was not called. */
const oracle_value *oracle_report(const oracle *o) { return &o->report; }

/* Bytes in use, as Lua counts them. */
size_t oracle_memory(const oracle *o) { return o->memory.used; }

/* Whether the memory limit refused anything during the last operation. */
int oracle_refused(const oracle *o) { return o->memory.refused; }
