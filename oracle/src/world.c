/*
** A sealed state's world: see world.h. Which world is the running one is known per thread,
** because most callers have no lua_State at hand; the shim enters and leaves it around every
** operation.
*/
#define _GNU_SOURCE
#define ORACLE_WORLD_SOURCE
#include "world.h"

#include <errno.h>
#include <string.h>

#include "state.h"

/* More output than this is refused: the run can't be compared. */
#define MOST_OUTPUT ((size_t)64 << 20)
/* State of glibc's generator behind rand(): its default. */
#define RANDOM_BYTES 128

typedef struct sink {
  oracle_text text;
  FILE *file;
  int closed;
} sink;

struct oracle_world {
  sink output[2];
  FILE *input;
  int input_closed;
  char *to_read;
  size_t to_read_length;
  size_t to_read_position;
  int overflow;
  int exited;
  int status;
  int seeded;
  struct random_data generator;
  char generator_state[RANDOM_BYTES];
};

static __thread oracle_world *active;

void oracle_world_enter(oracle_world *world, oracle_world **before) {
  *before = active;
  active = world;
}

void oracle_world_leave(oracle_world *before) { active = before; }

static ssize_t sink_write(void *cookie, const char *bytes, size_t length) {
  sink *s = cookie;
  if (s->closed || s->text.length + length > MOST_OUTPUT) {
    errno = s->closed ? EBADF : ENOSPC;
    return 0;
  }
  oracle_text_add(&s->text, bytes, length);
  return (ssize_t)length;
}

static ssize_t source_read(void *cookie, char *bytes, size_t length) {
  oracle_world *w = cookie;
  size_t left = w->to_read_length - w->to_read_position;
  if (length > left) length = left;
  memcpy(bytes, w->to_read + w->to_read_position, length);
  w->to_read_position += length;
  return (ssize_t)length;
}

/* As of a pipe. */
static int no_seek(void *cookie, off64_t *offset, int whence) {
  (void)cookie;
  (void)offset;
  (void)whence;
  errno = ESPIPE;
  return -1;
}

/* Gives a state a world of its own; before its libraries are opened. */
void oracle_seal(oracle *o, const char *input, size_t length) {
  oracle_world *w = oracle_allocate(sizeof *w);
  cookie_io_functions_t writes = {NULL, sink_write, no_seek, NULL};
  cookie_io_functions_t reads = {source_read, NULL, no_seek, NULL};
  memset(w, 0, sizeof *w);
  w->to_read = oracle_allocate(length);
  memcpy(w->to_read, input, length);
  w->to_read_length = length;
  w->input = fopencookie(w, "r", reads);
  w->output[0].file = fopencookie(&w->output[0], "w", writes);
  w->output[1].file = fopencookie(&w->output[1], "w", writes);
  if (w->input == NULL || w->output[0].file == NULL || w->output[1].file == NULL) abort();
  setvbuf(w->output[1].file, NULL, _IONBF, 0);
  o->world = w;
}

void oracle_world_free(oracle_world *w) {
  fclose(w->input);
  fclose(w->output[0].file);
  fclose(w->output[1].file);
  free(w->output[0].text.bytes);
  free(w->output[1].text.bytes);
  free(w->to_read);
  free(w);
}

/* What was written so far to standard output (0) or error (1). */
const char *oracle_output(const oracle *o, int which, size_t *length) {
  sink *s;
  *length = 0;
  if (o->world == NULL) return NULL;
  s = &o->world->output[which != 0];
  if (!s->closed) fflush(s->file);
  *length = s->text.length;
  return s->text.bytes;
}

/* The status that the program gave to os.exit; -1 if it did not. */
int oracle_exit_status(const oracle *o) {
  return o->world != NULL && o->world->exited ? o->world->status & 255 : -1;
}

/*
** What the libraries call
*/

FILE *oracle_stream(int number, FILE *real) {
  if (active == NULL) return real;
  return number == 0 ? active->input : active->output[number - 1].file;
}

/* A standard file stays, for whoever still has it, but takes and gives nothing more. */
int oracle_fclose(FILE *file) {
  int i;
  if (active == NULL) return fclose(file);
  for (i = 0; i < 2; i++)
    if (file == active->output[i].file) {
      int result = active->output[i].closed ? EOF : fflush(file);
      active->output[i].closed = 1;
      return result;
    }
  if (file == active->input) {
    int result = active->input_closed ? EOF : 0;
    active->input_closed = 1;
    active->to_read_position = active->to_read_length;
    return result;
  }
  return fclose(file);
}

static int refuse(int why) {
  errno = why;
  return -1;
}

FILE *oracle_fopen(const char *name, const char *mode) {
  if (active == NULL) return fopen(name, mode);
  /* glibc looks at the mode first */
  refuse(mode[0] == 'r' || mode[0] == 'w' || mode[0] == 'a' ? EACCES : EINVAL);
  return NULL;
}

FILE *oracle_freopen(const char *name, const char *mode, FILE *file) {
  if (active == NULL) return freopen(name, mode, file);
  refuse(EACCES);
  return NULL;
}

FILE *oracle_popen(const char *command, const char *mode) {
  if (active == NULL) return popen(command, mode);
  refuse(strcmp(mode, "r") == 0 || strcmp(mode, "w") == 0 ? EPERM : EINVAL);
  return NULL;
}

FILE *oracle_tmpfile(void) {
  if (active == NULL) return tmpfile();
  refuse(EACCES);
  return NULL;
}

int oracle_mkstemp(char *name) { return active == NULL ? mkstemp(name) : refuse(EACCES); }

int oracle_remove(const char *name) { return active == NULL ? remove(name) : refuse(EACCES); }

int oracle_rename(const char *from, const char *to) {
  return active == NULL ? rename(from, to) : refuse(EACCES);
}

int oracle_system(const char *command) {
  if (active == NULL) return system(command);
  return command == NULL ? 0 : -1;
}

char *oracle_getenv(const char *name) { return active == NULL ? getenv(name) : NULL; }

clock_t oracle_clock(void) { return active == NULL ? clock() : 0; }

time_t oracle_time(time_t *out) {
  if (active == NULL) return time(out);
  if (out != NULL) *out = 0;
  return 0;
}

/* The locale belongs to the process: a sealed state has the C locale. */
char *oracle_setlocale(int category, const char *name) {
  static char c_locale[] = "C";
  if (active == NULL) return setlocale(category, name);
  if (name == NULL || *name == '\0' || strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0)
    return c_locale;
  return NULL;
}

/* Local time is universal time. */
struct tm *oracle_localtime(const time_t *moment) {
  struct tm *parts;
  if (active == NULL) return localtime(moment);
  parts = gmtime(moment);
  if (parts != NULL) parts->tm_zone = "UTC";
  return parts;
}

time_t oracle_mktime(struct tm *parts) {
  return active == NULL ? mktime(parts) : timegm(parts);
}

/* What a sealed program has written stands, and nothing more is taken. */
int oracle_world_exit(int status) {
  oracle_world *w = active;
  if (w == NULL) return 0;
  if (!w->exited) {
    w->exited = 1;
    w->status = status;
    fflush(w->output[0].file);
    w->output[0].closed = 1;
    w->output[1].closed = 1;
  }
  return 1;
}

static void seed(oracle_world *w, unsigned number) {
  memset(&w->generator, 0, sizeof w->generator);
  initstate_r(number, w->generator_state, RANDOM_BYTES, &w->generator);
  w->seeded = 1;
}

int oracle_rand(void) {
  int32_t result;
  if (active == NULL) return rand();
  if (!active->seeded) seed(active, 1);
  random_r(&active->generator, &result);
  return result;
}

void oracle_srand(unsigned number) {
  if (active == NULL)
    srand(number);
  else
    seed(active, number);
}
