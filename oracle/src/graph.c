/*
** The heap as a text: every object that the registry, the globals, the metatables of types and
** the stack of the main thread lead to, in the order in which they are met. An object is named by
** its kind and the number of its first visit, so that two heaps of one shape give one text.
** rilua/src/inspect/graph.rs writes the same; its first lines describe the format.
*/

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua.h"

#include "lfunc.h"
#include "lobject.h"
#include "lopcodes.h"
#include "lstate.h"
#include "lstring.h"
/* Before ltable.h, which declares what we want of a debug build. */
#define LUA_DEBUG
#include "ltable.h"
#include "ltm.h"

#include "state.h"

/* Bytes of a string that are shown. */
#define SHOWN 24

enum kind { TABLE, FUNCTION, NATIVE, UPVALUE, USERDATA, THREAD, KINDS };

static const char *const kind_names[KINDS] = {"table",   "function", "native",
                                              "upvalue", "userdata", "thread"};

typedef struct visit {
  const void *object;
  enum kind kind;
  unsigned number;
} visit;

typedef struct walk {
  oracle_text *out;
  /* every object met, in order */
  visit *queue;
  size_t met;
  size_t queue_size;
  unsigned numbers[KINDS];
  /* places in `queue` plus one, by address */
  size_t *index;
  size_t index_size;
} walk;

static void put(walk *w, const char *text) { oracle_text_add(w->out, text, strlen(text)); }

static void put_number(walk *w, const char *before, unsigned long number) {
  char text[64];
  snprintf(text, sizeof text, "%s%lu", before, number);
  put(w, text);
}

static size_t place(const walk *w, const void *object) {
  size_t at = ((size_t)object >> 4) * 0x9E3779B97F4A7C15u;
  at = (at >> 20) & (w->index_size - 1);
  while (w->index[at] != 0 && w->queue[w->index[at] - 1].object != object)
    at = (at + 1) & (w->index_size - 1);
  return at;
}

static void grow_index(walk *w) {
  size_t i;
  free(w->index);
  w->index_size = w->index_size == 0 ? 1024 : 2 * w->index_size;
  w->index = oracle_allocate(w->index_size * sizeof *w->index);
  memset(w->index, 0, w->index_size * sizeof *w->index);
  for (i = 0; i < w->met; i++) w->index[place(w, w->queue[i].object)] = i + 1;
}

static void put_object(walk *w, enum kind kind, const void *object) {
  size_t at;
  if (2 * (w->met + 1) > w->index_size) grow_index(w);
  at = place(w, object);
  if (w->index[at] == 0) {
    if (w->met == w->queue_size) {
      w->queue_size = w->queue_size == 0 ? 512 : 2 * w->queue_size;
      w->queue = realloc(w->queue, w->queue_size * sizeof *w->queue);
      if (w->queue == NULL) abort();
    }
    w->queue[w->met].object = object;
    w->queue[w->met].kind = kind;
    w->queue[w->met].number = ++w->numbers[kind];
    w->met++;
    w->index[at] = w->met;
  }
  put(w, kind_names[kind]);
  put_number(w, "#", w->queue[w->index[at] - 1].number);
}

static void put_string(walk *w, const TString *s) {
  char text[64];
  size_t i, shown = s->tsv.len < SHOWN ? s->tsv.len : SHOWN;
  const unsigned char *bytes = (const unsigned char *)getstr(s);
  snprintf(text, sizeof text, "string(%lu %08x ", (unsigned long)s->tsv.len, s->tsv.hash);
  put(w, text);
  for (i = 0; i < shown; i++) {
    if (bytes[i] > ' ' && bytes[i] < 127 && bytes[i] != '\\')
      oracle_text_add(w->out, &bytes[i], 1);
    else {
      snprintf(text, sizeof text, "\\%02x", bytes[i]);
      put(w, text);
    }
  }
  put(w, ")");
}

static void put_value(walk *w, const TValue *v) {
  switch (ttype(v)) {
    case LUA_TNIL: put(w, "nil"); break;
    case LUA_TBOOLEAN: put(w, bvalue(v) ? "true" : "false"); break;
    case LUA_TLIGHTUSERDATA: put(w, "light"); break;
    case LUA_TNUMBER: {
      lua_Number n = nvalue(v);
      uint64_t bits;
      char text[64];
      memcpy(&bits, &n, sizeof bits);
      if (n != n)
        put(w, bits >> 63 ? "number(-nan)" : "number(nan)");
      else {
        snprintf(text, sizeof text, "number(%016llx)", (unsigned long long)bits);
        put(w, text);
      }
      break;
    }
    case LUA_TSTRING: put_string(w, rawtsvalue(v)); break;
    case LUA_TTABLE: put_object(w, TABLE, hvalue(v)); break;
    case LUA_TFUNCTION:
      put_object(w, clvalue(v)->c.isC ? NATIVE : FUNCTION, clvalue(v));
      break;
    case LUA_TUSERDATA: put_object(w, USERDATA, rawuvalue(v)); break;
    case LUA_TTHREAD: put_object(w, THREAD, thvalue(v)); break;
    default: put(w, "?"); break;
  }
}

static void put_table_ref(walk *w, const char *name, const Table *t) {
  put(w, name);
  if (t == NULL)
    put(w, "nil");
  else
    put_object(w, TABLE, t);
}

static int is_ordered(const Table *t) {
  int i;
  if (luaH_isdummy(t->node)) return 1;
  for (i = 0; i < sizenode(t); i++) {
    const TValue *key = key2tval(gnode(t, i));
    switch (ttype(key)) {
      case LUA_TNIL: case LUA_TBOOLEAN: case LUA_TNUMBER: case LUA_TSTRING: break;
      default: return 0;
    }
  }
  return 1;
}

typedef struct entry {
  const TValue *value;
  char *key;
} entry;

static int compare_entries(const void *left, const void *right) {
  return strcmp(((const entry *)left)->key, ((const entry *)right)->key);
}

/* The entries with keys that have a text of their own, in the order of those; of others, how many. */
static void put_unordered(walk *w, const Table *t) {
  entry *entries = oracle_allocate((size_t)sizenode(t) * sizeof *entries);
  oracle_text *out = w->out;
  size_t i, count = 0;
  unsigned long objects = 0;
  for (i = 0; i < (size_t)sizenode(t); i++) {
    Node *n = gnode(t, i);
    const TValue *key = key2tval(n);
    if (ttisnil(gval(n))) continue;
    switch (ttype(key)) {
      case LUA_TBOOLEAN: case LUA_TNUMBER: case LUA_TSTRING: {
        oracle_text text = {NULL, 0, 0};
        w->out = &text;
        put_value(w, key);
        oracle_text_add(&text, "", 1);
        entries[count].key = text.bytes;
        entries[count].value = gval(n);
        count++;
        break;
      }
      default: objects++; break;
    }
  }
  w->out = out;
  qsort(entries, count, sizeof *entries, compare_entries);
  for (i = 0; i < count; i++) {
    put(w, "  ");
    put(w, entries[i].key);
    put(w, " = ");
    put_value(w, entries[i].value);
    put(w, "\n");
    free(entries[i].key);
  }
  free(entries);
  put_number(w, "  objects as keys: ", objects);
  put(w, "\n");
}

static void put_table(walk *w, const Table *t) {
  int i, nodes = luaH_isdummy(t->node) ? 0 : sizenode(t);
  int ordered = is_ordered(t);
  put_number(w, " array=", (unsigned long)t->sizearray);
  if (ordered) {
    put_number(w, " nodes=", (unsigned long)nodes);
    put_number(w, " free=", nodes == 0 ? 0 : (unsigned long)(t->lastfree - t->node));
  }
  put_table_ref(w, " metatable=", t->metatable);
  put(w, "\n");
  for (i = 0; i < t->sizearray; i++)
    if (!ttisnil(&t->array[i])) {
      put_number(w, "  [", (unsigned long)i + 1);
      put(w, "] = ");
      put_value(w, &t->array[i]);
      put(w, "\n");
    }
  if (!ordered) {
    put_unordered(w, t);
    return;
  }
  for (i = 0; i < nodes; i++) {
    Node *n = gnode(t, i);
    if (ttisnil(key2tval(n))) continue;
    put_number(w, "  ", (unsigned long)i);
    put(w, ": ");
    if (ttisnil(gval(n)))
      put(w, "(removed)");
    else {
      put_value(w, key2tval(n));
      put(w, " = ");
      put_value(w, gval(n));
    }
    if (gnext(n) != NULL) put_number(w, " then ", (unsigned long)(gnext(n) - t->node));
    put(w, "\n");
  }
}

static void put_proto(walk *w, const Proto *p) {
  char text[64];
  put(w, " code=");
  if (p->source == NULL)
    put(w, "nil");
  else
    put_string(w, p->source);
  snprintf(text, sizeof text, ":%d-%d:%d", p->linedefined, p->lastlinedefined, p->sizecode);
  put(w, text);
}

static void put_function(walk *w, const LClosure *f) {
  int i;
  put_proto(w, f->p);
  put_table_ref(w, " environment=", f->env);
  put(w, "\n");
  for (i = 0; i < f->nupvalues; i++) {
    put(w, "  ");
    put_object(w, UPVALUE, f->upvals[i]);
    put(w, "\n");
  }
}

static void put_native(walk *w, const CClosure *f) {
  int i;
  put_table_ref(w, " environment=", f->env);
  put(w, "\n");
  for (i = 0; i < f->nupvalues; i++) {
    put(w, "  ");
    put_value(w, &f->upvalue[i]);
    put(w, "\n");
  }
}

/* The native frame on top of the main thread is ours: what is in it belongs to the program. */
static void put_thread(walk *w, const lua_State *L) {
  const CallInfo *ci;
  put_number(w, " status=", L->status);
  put_number(w, " stack=", (unsigned long)L->stacksize);
  put_number(w, " records=", (unsigned long)L->size_ci);
  put_table_ref(w, " globals=", hvalue(gt(L)));
  put(w, "\n");
  for (ci = L->base_ci + 1; ci <= L->ci; ci++) {
    put(w, "  ");
    put_value(w, ci->func);
    put(w, "\n");
    if (ttisfunction(ci->func) && clvalue(ci->func)->c.isC) {
      StkId end = ci == L->ci ? L->top : (ci + 1)->func;
      StkId v;
      for (v = ci->base; v < end; v++) {
        put(w, "    ");
        put_value(w, v);
        put(w, "\n");
      }
    }
  }
}

/* Appends the text. */
void oracle_graph_write(lua_State *L, oracle_text *out) {
  walk w;
  size_t i;
  memset(&w, 0, sizeof w);
  w.out = out;
  put(&w, "registry ");
  put_value(&w, registry(L));
  put(&w, "\nglobals ");
  put_value(&w, gt(L));
  put_table_ref(&w, "\nmetatable of strings ", G(L)->mt[LUA_TSTRING]);
  put(&w, "\nmain ");
  put_object(&w, THREAD, G(L)->mainthread);
  put(&w, "\n");
  for (i = 0; i < w.met; i++) {
    visit v = w.queue[i];
    put(&w, kind_names[v.kind]);
    put_number(&w, "#", v.number);
    switch (v.kind) {
      case TABLE: put_table(&w, v.object); break;
      case FUNCTION: put_function(&w, &((const Closure *)v.object)->l); break;
      case NATIVE: put_native(&w, &((const Closure *)v.object)->c); break;
      case UPVALUE: {
        const UpVal *u = v.object;
        put(&w, u->v == &u->u.value ? " closed " : " open ");
        put_value(&w, u->v);
        put(&w, "\n");
        break;
      }
      case USERDATA: {
        const Udata *u = v.object;
        put_number(&w, " size=", u->uv.len);
        put_table_ref(&w, " metatable=", u->uv.metatable);
        put_table_ref(&w, " environment=", u->uv.env);
        put(&w, "\n");
        break;
      }
      case THREAD: put_thread(&w, v.object); break;
      default: break;
    }
  }
  free(w.queue);
  free(w.index);
}
