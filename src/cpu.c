/* Tells plainly that the CPU is too old, before anything else runs.
 *
 * All Rust code here is compiled for x86-64-v3, so a check written in Rust may
 * itself hold an instruction that an older CPU lacks. This file is compiled
 * for any x86-64, and a constructor runs before main. */
#if defined(__x86_64__) && defined(__GNUC__)
#include <string.h>
#include <unistd.h>

__attribute__((constructor(101))) static void lorag_check_cpu(void) {
    static const char message[] =
        "lorag: this CPU lacks AVX2, FMA or BMI2, which this build needs (x86-64-v3: about 2015 and later).\n"
        "Build lorag from source with another target-cpu in .cargo/config.toml, or run it on a newer machine.\n";
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2")) {
        return;
    }
    ssize_t written = write(STDERR_FILENO, message, strlen(message));
    _exit(written < 0 ? 2 : 1);
}
#endif
