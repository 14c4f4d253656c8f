/*
** The compiler's calls for -fsanitize-coverage=trace-pc go to our function (coverage.c). libFuzzer
** defines the one that they would go to, and only warns there that it is out of use.
*/
__asm__(".set __sanitizer_cov_trace_pc, oracle_pass");
