/*
** A running program, instruction by instruction. Of each the trace keeps one number, made from the
** function, the place in it, the values that the instruction is about to read and the local
** variables that are active: all that is alive for certain (other registers may hold what an
** earlier use of the stack left there). Objects count by what an address can't change: their kind,
** whether they have a metatable, where a function was written.
**
** rilua/src/vm/observed.rs makes the same numbers, and the same text of the instructions of a
** window, so that the first one that differs can be shown.
*/

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua.h"

#include "lfunc.h"
#include "lobject.h"
#include "lopcodes.h"
#include "lstate.h"

#define ldebug_c /* for pcRel */
#include "ldebug.h"

#include "state.h"

struct oracle_trace {
  /* a number for each instruction, `most` of them at most */
  uint64_t *numbers;
  size_t count;
  size_t size;
  size_t most;
  int is_cut;
  /* the instructions of this window are described */
  size_t from;
  size_t to;
  /* what may be left over counts as well, and the memory in use */
  int is_whole;
  oracle_text text;
};

typedef struct reading {
  uint64_t number;
  oracle_text *text; /* NULL: no text is wanted */
} reading;

static uint64_t mix(uint64_t number, uint64_t with) {
  number = (number ^ with) * UINT64_C(0x9E3779B97F4A7C15);
  return number ^ (number >> 29);
}

static uint64_t number_bits(lua_Number n) {
  uint64_t bits;
  memcpy(&bits, &n, sizeof bits);
  if (n != n) bits = bits >> 63 ? UINT64_C(0xFFF8000000000000) : UINT64_C(0x7FF8000000000000);
  return bits;
}

static uint64_t value_number(const TValue *v) {
  switch (ttype(v)) {
    case LUA_TNIL: return 1;
    case LUA_TBOOLEAN: return bvalue(v) ? 3 : 2;
    case LUA_TLIGHTUSERDATA: return 4;
    case LUA_TNUMBER: return mix(5, number_bits(nvalue(v)));
    case LUA_TSTRING: return mix(mix(6, tsvalue(v)->len), tsvalue(v)->hash);
    case LUA_TTABLE: return mix(7, hvalue(v)->metatable != NULL);
    case LUA_TFUNCTION:
      return clvalue(v)->c.isC
        ? 9
        : mix(mix(8, (uint64_t)clvalue(v)->l.p->linedefined), clvalue(v)->l.nupvalues);
    case LUA_TUSERDATA: return mix(10, uvalue(v)->metatable != NULL);
    case LUA_TTHREAD: return 11;
    default: return 1; /* a prototype, for programs nothing */
  }
}

static void describe_value(oracle_text *out, const TValue *v) {
  char text[64];
  switch (ttype(v)) {
    case LUA_TNIL: strcpy(text, "nil"); break;
    case LUA_TBOOLEAN: strcpy(text, bvalue(v) ? "true" : "false"); break;
    case LUA_TLIGHTUSERDATA: strcpy(text, "light"); break;
    case LUA_TNUMBER:
      snprintf(text, sizeof text, "number %016llx", (unsigned long long)number_bits(nvalue(v)));
      break;
    case LUA_TSTRING: {
      size_t i, length = tsvalue(v)->len;
      snprintf(text, sizeof text, "string(%lu) ", (unsigned long)length);
      oracle_text_add(out, text, strlen(text));
      for (i = 0; i < length && i < 24; i++) {
        unsigned char c = (unsigned char)svalue(v)[i];
        if (c >= ' ' && c < 127)
          oracle_text_add(out, &c, 1);
        else {
          snprintf(text, sizeof text, "\\%02x", c);
          oracle_text_add(out, text, 3);
        }
      }
      return;
    }
    case LUA_TTABLE:
      strcpy(text, hvalue(v)->metatable != NULL ? "table with metatable" : "table");
      break;
    case LUA_TFUNCTION:
      if (clvalue(v)->c.isC)
        strcpy(text, "native");
      else
        snprintf(text, sizeof text, "function of line %d with %d upvalues",
                 clvalue(v)->l.p->linedefined, clvalue(v)->l.nupvalues);
      break;
    case LUA_TUSERDATA:
      strcpy(text, uvalue(v)->metatable != NULL ? "userdata with metatable" : "userdata");
      break;
    case LUA_TTHREAD: strcpy(text, "thread"); break;
    default: strcpy(text, "nil"); break;
  }
  oracle_text_add(out, text, strlen(text));
}

/*
** `kind`: R a register that is read, K a constant, U an upvalue, L a local variable, S another
** register.
*/
static void take(reading *r, char kind, int index, const TValue *v) {
  r->number = mix(r->number, value_number(v));
  if (r->text != NULL) {
    char text[64];
    snprintf(text, sizeof text, "    %c%d = ", kind, index);
    oracle_text_add(r->text, text, strlen(text));
    describe_value(r->text, v);
    oracle_text_add(r->text, "\n", 1);
  }
}

static void take_registers(reading *r, const lua_State *L, int first, int last) {
  int i;
  for (i = first; i <= last; i++) take(r, 'R', i, L->base + i);
}

/* From register `first`: `count` of them, or up to the top for -1. */
static void take_open(reading *r, const lua_State *L, int first, int count) {
  take_registers(r, L, first,
                 count >= 0 ? first + count - 1 : (int)(L->top - L->base) - 1);
}

static void take_operand(reading *r, const lua_State *L, const Proto *p, int operand) {
  if (ISK(operand))
    take(r, 'K', INDEXK(operand), &p->k[INDEXK(operand)]);
  else
    take(r, 'R', operand, L->base + operand);
}

static void take_operands(reading *r, const lua_State *L, const LClosure *f, Instruction i) {
  const Proto *p = f->p;
  int a = GETARG_A(i), b = GETARG_B(i), c = GETARG_C(i);
  switch (GET_OPCODE(i)) {
    case OP_MOVE: case OP_UNM: case OP_NOT: case OP_LEN: case OP_TESTSET:
      take_operand(r, L, p, b);
      break;
    case OP_GETUPVAL: take(r, 'U', b, f->upvals[b]->v); break;
    case OP_GETTABLE: case OP_SELF:
      take_registers(r, L, b, b);
      take_operand(r, L, p, c);
      break;
    case OP_SETGLOBAL: case OP_SETUPVAL: case OP_TEST: take_registers(r, L, a, a); break;
    case OP_SETTABLE:
      take_registers(r, L, a, a);
      take_operand(r, L, p, b);
      take_operand(r, L, p, c);
      break;
    case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: case OP_MOD: case OP_POW:
    case OP_EQ: case OP_LT: case OP_LE:
      take_operand(r, L, p, b);
      take_operand(r, L, p, c);
      break;
    case OP_CONCAT: take_registers(r, L, b, c); break;
    case OP_CALL: case OP_TAILCALL: take_open(r, L, a, b == 0 ? -1 : b); break;
    case OP_RETURN: take_open(r, L, a, b == 0 ? -1 : b - 1); break;
    case OP_FORLOOP: case OP_FORPREP: case OP_TFORLOOP: take_registers(r, L, a, a + 2); break;
    case OP_SETLIST:
      take_registers(r, L, a, a);
      take_open(r, L, a + 1, b == 0 ? -1 : b);
      break;
    default: break;
  }
}

/* The registers above the local variables, and how the collector is getting on. */
static void take_whole(reading *r, const lua_State *L, int active) {
  const global_State *g = G(L);
  for (; L->base + active < L->ci->top; active++) take(r, 'S', active, L->base + active);
  r->number = mix(mix(mix(r->number, g->totalbytes), g->GCthreshold), g->gcstate);
  r->number = mix(r->number, (uint64_t)(L->base - L->stack));
  if (r->text != NULL) {
    char text[128];
    snprintf(text, sizeof text, "    memory = %lu, threshold %lu, phase %d, slot %ld\n",
             (unsigned long)g->totalbytes, (unsigned long)g->GCthreshold, g->gcstate,
             (long)(L->base - L->stack));
    oracle_text_add(r->text, text, strlen(text));
  }
}

/* What comes from here on can't be traced. */
void oracle_trace_end(oracle_trace *t) {
  t->most = t->count;
  t->is_cut = 1;
}

/* Before each instruction of a Lua function. */
void oracle_trace_instruction(lua_State *L, oracle_trace *t) {
  const LClosure *f = &ci_func(L->ci)->l;
  const Proto *p = f->p;
  int i, pc = pcRel(L->savedpc, p);
  Instruction instruction = p->code[pc];
  reading r;
  size_t at = t->count;
  if (at >= t->most) {
    t->is_cut = 1;
    return;
  }
  r.text = at >= t->from && at < t->to ? &t->text : NULL;
  r.number = mix(p->source == NULL ? 0 : p->source->tsv.hash, (uint64_t)p->linedefined);
  r.number = mix(r.number, (uint64_t)p->sizecode);
  r.number = mix(r.number, (uint64_t)pc);
  if (r.text != NULL) {
    char text[160];
    snprintf(text, sizeof text, "%lu: function of line %d, pc %d, line %d: %s %d %d %d\n",
             (unsigned long)at, p->linedefined, pc, p->lineinfo != NULL ? p->lineinfo[pc] : 0,
             luaP_opnames[GET_OPCODE(instruction)], GETARG_A(instruction),
             GETARG_B(instruction), GETARG_C(instruction));
    oracle_text_add(r.text, text, strlen(text));
  }
  take_operands(&r, L, f, instruction);
  {
    int active = 0;
    for (i = 0; i < p->sizelocvars && p->locvars[i].startpc <= pc; i++)
      if (pc < p->locvars[i].endpc) {
        take(&r, 'L', active, L->base + active);
        active++;
      }
    if (t->is_whole) take_whole(&r, L, active);
  }
  if (t->count == t->size) {
    t->size = t->size == 0 ? 4096 : 2 * t->size;
    t->numbers = realloc(t->numbers, t->size * sizeof *t->numbers);
    if (t->numbers == NULL) abort();
  }
  t->numbers[t->count++] = r.number;
}

/*
** Keeps a number of each instruction, up to `most` of them, and describes those from the `from`th
** to before the `to`th; before the program is run. If it `is_whole`, what may be left over in
** registers counts as well, and the memory in use.
*/
void oracle_trace_start(oracle *o, size_t most, size_t from, size_t to, int is_whole) {
  oracle_trace *t = oracle_allocate(sizeof *t);
  memset(t, 0, sizeof *t);
  t->most = most;
  t->from = from;
  t->to = to;
  t->is_whole = is_whole;
  o->trace = t;
}

void oracle_trace_free(oracle_trace *t) {
  free(t->numbers);
  free(t->text.bytes);
  free(t);
}

const uint64_t *oracle_trace_numbers(const oracle *o, size_t *count) {
  *count = o->trace != NULL ? o->trace->count : 0;
  return o->trace != NULL ? o->trace->numbers : NULL;
}

/* Whether there were instructions of which no number was kept. */
int oracle_trace_is_cut(const oracle *o) { return o->trace != NULL && o->trace->is_cut; }

const char *oracle_trace_text(const oracle *o, size_t *length) {
  *length = o->trace != NULL ? o->trace->text.length : 0;
  return o->trace != NULL ? o->trace->text.bytes : NULL;
}
