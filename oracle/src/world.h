/*
** The process as the libraries see it. Included before every library of Lua (by the build
** script, not by an edit): what they take from the C library and the system goes through the
** functions below, which look whether the running state is sealed. One that is not, such as that
** of the stand-alone interpreter, gets the real thing.
**
** A sealed state has its own standard files and its own random numbers; it finds no files, no
** processes, no variables, and its clocks stand at 0 (as rilua's NullHost has it). So states
** in one process don't see each other, and a program can't touch anything.
*/
#ifndef ORACLE_WORLD_H
#define ORACLE_WORLD_H

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct lua_State;

FILE *oracle_stream(int number, FILE *real);
int oracle_fclose(FILE *file);
FILE *oracle_fopen(const char *name, const char *mode);
FILE *oracle_freopen(const char *name, const char *mode, FILE *file);
FILE *oracle_popen(const char *command, const char *mode);
FILE *oracle_tmpfile(void);
int oracle_mkstemp(char *name);
int oracle_remove(const char *name);
int oracle_rename(const char *from, const char *to);
int oracle_system(const char *command);
char *oracle_getenv(const char *name);
clock_t oracle_clock(void);
time_t oracle_time(time_t *out);
char *oracle_setlocale(int category, const char *name);
struct tm *oracle_localtime(const time_t *moment);
time_t oracle_mktime(struct tm *parts);
/* in shim.c: it needs the program's state to end it */
void oracle_exit(struct lua_State *L, int status) __attribute__((noreturn));
int oracle_rand(void);
void oracle_srand(unsigned seed);

#ifndef ORACLE_WORLD_SOURCE
#undef stdin
#undef stdout
#undef stderr
#define stdin oracle_stream(0, stdin)
#define stdout oracle_stream(1, stdout)
#define stderr oracle_stream(2, stderr)
#define fclose(file) oracle_fclose(file)
#define fopen(name, mode) oracle_fopen(name, mode)
#define freopen(name, mode, file) oracle_freopen(name, mode, file)
#define popen(command, mode) oracle_popen(command, mode)
#define tmpfile() oracle_tmpfile()
#define mkstemp(name) oracle_mkstemp(name)
#define remove(name) oracle_remove(name)
#define rename(from, to) oracle_rename(from, to)
#define system(command) oracle_system(command)
#define getenv(name) oracle_getenv(name)
#define clock() oracle_clock()
#define time(out) oracle_time(out)
#define setlocale(category, name) oracle_setlocale(category, name)
#define localtime(moment) oracle_localtime(moment)
#define mktime(parts) oracle_mktime(parts)
#define exit(status) oracle_exit(L, status)
#define rand() oracle_rand()
#define srand(seed) oracle_srand(seed)
#endif

#endif
