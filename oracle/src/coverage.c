/*
** Counters for a coverage-guided fuzzer: which places of the C code were passed, and whatever else
** the harness counts. libFuzzer takes every byte of the section for a counter of its own.
**
** Built only with the crate's feature `coverage`, in which Lua's own sources are compiled with
** -fsanitize-coverage=trace-pc; this file is not, or it would call itself.
*/

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PLACES (1u << 15)   /* of the C code: one in some ten thousand */
#define FEATURES (1u << 15) /* of the harness */

__attribute__((used, section("__libfuzzer_extra_counters"))) static uint8_t counters[PLACES + FEATURES];

static void count(uint8_t *counter) {
  /* It stays at the most, for a counter that comes around to 0 would say "never". */
  if (*counter < UINT8_MAX) ++*counter;
}

/* What the compiler calls at every edge (coverage.h). */
void oracle_pass(void) {
  uintptr_t pc = (uintptr_t)__builtin_return_address(0);
  count(&counters[(pc ^ (pc >> 15)) & (PLACES - 1)]);
}

void oracle_count(uint32_t feature) { count(&counters[PLACES + (feature & (FEATURES - 1))]); }

/* Places passed since the last reset. */
size_t oracle_places(void) {
  size_t i, passed = 0;
  for (i = 0; i < PLACES; i++) passed += counters[i] != 0;
  return passed;
}

void oracle_reset(void) { memset(counters, 0, sizeof counters); }
