// Calls llama.cpp on behalf of Rust, where no C++ exception may arrive.
#include <climits>
#include <cstddef>
#include <cstdio>
#include <exception>

// What `call` returns; INT_MIN where it threw, with the message in `said`.
extern "C" int lorag_guard(int (*call)(void *), void *data, char *said, size_t room) {
    try {
        return call(data);
    } catch (const std::exception &error) {
        std::snprintf(said, room, "%s", error.what());
    } catch (...) {
        std::snprintf(said, room, "an exception without a message");
    }
    return INT_MIN;
}
