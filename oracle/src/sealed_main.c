#define _POSIX_C_SOURCE 200809L
/*
** A program of its own around one sealed run, built without optimisation and with the checks
** of undefined behaviour: the third voter where rilua and the oracle part.
**
** usage: oracle-ubsan PROGRAM CHUNK-NAME FUEL [PRELUDE]
**
** What the program writes goes to the standard files; then, on standard output, a line tells
** how it ended. Reports of undefined behaviour come on standard error.
*/

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shim.h"

/* Seconds after which it ends itself, whatever it does. */
#define LONGEST 60

static char *read_file(const char *name, size_t *length) {
  FILE *f = fopen(name, "rb");
  char *bytes = NULL;
  size_t size = 0;
  *length = 0;
  if (f == NULL) {
    fprintf(stderr, "oracle-ubsan: %s can't be read\n", name);
    exit(2);
  }
  for (;;) {
    size_t read;
    if (*length == size) {
      size = size == 0 ? 65536 : 2 * size;
      bytes = realloc(bytes, size);
      if (bytes == NULL) abort();
    }
    read = fread(bytes + *length, 1, size - *length, f);
    if (read == 0) break;
    *length += read;
  }
  fclose(f);
  return bytes;
}

static void write_output(const oracle *o, int which, FILE *to) {
  size_t length;
  const char *bytes = oracle_output(o, which, &length);
  if (length != 0) fwrite(bytes, 1, length, to);
}

int main(int argc, char **argv) {
  oracle_source before, program;
  oracle *o = oracle_open(0, 0);
  int status;
  if (argc < 4 || o == NULL) {
    fprintf(stderr, "usage: %s PROGRAM CHUNK-NAME FUEL [PRELUDE]\n", argv[0]);
    return 2;
  }
  alarm(LONGEST);
  program.text = read_file(argv[1], &program.length);
  program.name = argv[2];
  if (argc > 4) {
    before.text = read_file(argv[4], &before.length);
    before.name = "=prelude";
  }
  oracle_seal(o, "", 0);
  oracle_set_budget(o, strtoull(argv[3], NULL, 10), 0);
  status = oracle_execute(o, argc > 4 ? &before : NULL, &program, NULL, 0);
  oracle_finish(o);
  write_output(o, 0, stdout);
  write_output(o, 1, stderr);
  printf("\nended with status %d", status);
  return 0;
}
