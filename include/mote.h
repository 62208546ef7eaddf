// Mote for C: load WebAssembly modules, give them functions, run them within limits, and learn why one failed.
//
// Plain C11, and C++11 or later. Everything behind it is the engine of include/mote/ (for C++23); what a thing means is told there
// in full, how it is used is told here. Guide: docs/guides/embed-c.md. Tested by src/engine/capi/capi_test.c, which calls every
// function, and against an installed tree by tests/embed. Host functions for WASI are not part of this library.
//
//   mote_engine_t* engine = NULL;
//   mote_failure_t* failure = mote_engine_create(NULL, &engine);
//   if (failure) { puts(mote_failure_text(failure).data); mote_failure_delete(failure); return 1; }
//
// RULES, for every function that does not say otherwise
//
// Failures. A function that can fail returns a mote_failure_t*: NULL when it did what it was asked, else a failure that the
//   caller owns and gives to mote_failure_delete. Its outputs are then empty (NULL, zero). Nothing is kept in a global or in
//   errno.
// Ownership. What a *_create, *_compile, *_load, *_share or an output of type T** gives belongs to the caller, until the
//   T_delete of its type. Deletes take NULL. `const char*`, `mote_string_t`, `mote_bytes_t` and arrays are borrowed both
//   ways: Mote copies what it keeps before it returns, and what it lends is valid as long as the comment says, else as long
//   as the object that was asked. An engine lives as long as its modules and stores, whenever its handle is deleted; so does
//   a module as its instances.
// Callbacks come with a `void* data`, handed back in each call, and a `destroy` (or NULL), called once with it when nothing
//   can call the callback any more: also when the function that took them failed. Callbacks must return: no C++ exception, no
//   longjmp out of one.
// NULL and empty. Where a handle or an output is NULL, or a handle of a store is empty (all zero), a function that can fail
//   says so (MOTE_ERROR_BAD_INPUT, with the parameter's name); another returns what it says for nothing: false, 0, NULL, or
//   an empty string. Where NULL has a meaning, the comment names it. A dangling handle, and one of a deleted store, is
//   undefined as in any C program.
// Threads. Engines, modules, pools, shared memories, stoppers and failures: any thread, several at once, but for their
//   delete. A store and what belongs to it (functions, memories, tables, globals, tags, instances, tasks, scopes, values that
//   are references): one thread at a time, any one. A linker: defining needs it alone, instantiating does not. Mote starts no
//   thread.
// Strings are a pointer and a size in bytes, UTF-8, not ended by a zero byte where they are given to Mote. Those that Mote
//   lends do have a zero byte behind them. {NULL, 0} is an empty string.
// Units are in the names: _bytes, _ns, _ms, pages of 64 KiB.
// The process. The first engine installs handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGURG; they act on Mote's own and
//   pass on the rest to the handlers that were there before. A process without memory for a small allocation ends.
//
// THE BINARY INTERFACE (MOTE_ABI)
//
// What is declared here never changes its name, its arguments, its numbers or its meaning while MOTE_ABI is the same; later
//   versions only add. A program that was compiled with this header links with any library of the same MOTE_ABI and the same
//   or a later version.
// - Structs that begin with `size` grow at their end: set `size` to sizeof the struct. Zero in a field is its default, so a
//   library takes what an older caller lacks as zero, and refuses (MOTE_ERROR_UNSUPPORTED) what a newer caller set and it
//   does not know. In a struct that Mote fills it writes only what fits `size`, and zero what it does not know.
// - Structs without `size` never change: mote_string_t, mote_bytes_t, mote_value_t, mote_pool_member_t, mote_field_type_t,
//   mote_object_type_t, mote_func_t and the other handles of a store.
// - Enumerations are 32-bit integers. A newer library may return numbers that this header has no name for: keep a default
//   branch. A number that the library does not know is refused (MOTE_ERROR_BAD_INPUT).
// - The fields of handles are private.
#pragma once
// NOLINTBEGIN: the rules of the lint are those of C++

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MOTE_ABI 1
#define MOTE_VERSION_MAJOR 0
#define MOTE_VERSION_MINOR 1
#define MOTE_VERSION_PATCH 0
#define MOTE_VERSION (MOTE_VERSION_MAJOR * 1000000 + MOTE_VERSION_MINOR * 1000 + MOTE_VERSION_PATCH)

#ifndef MOTE_API
#define MOTE_API
#endif
#if defined(__GNUC__)
#define MOTE_MUST_USE __attribute__((warn_unused_result))
#else
#define MOTE_MUST_USE
#endif

#ifdef __cplusplus
extern "C" {
#endif

// ---- Words ----

typedef struct mote_string_t {
  const char* data;
  size_t size;
} mote_string_t;
typedef struct mote_bytes_t {
  const uint8_t* data;
  size_t size;
} mote_bytes_t;

// Of a string that a zero byte ends; NULL is the empty string. Borrows it.
static inline mote_string_t mote_string(const char* text) {
  mote_string_t result = {text, text ? strlen(text) : 0};
  return result;
}

typedef void (*mote_destroy_t)(void* data);

// A choice whose default is not always off.
typedef uint32_t mote_choice_t;
enum { MOTE_DEFAULT = 0, MOTE_ON = 1, MOTE_OFF = 2 };

// The library that was linked, which may be newer than this header: MOTE_VERSION, "0.1.0", MOTE_ABI.
MOTE_API uint32_t mote_version(void);
MOTE_API mote_string_t mote_version_text(void);
MOTE_API uint32_t mote_abi(void);

// Every limit of a running guest, by index from 0; false past the last.
typedef struct mote_limit_t {
  size_t size;
  mote_string_t name, unit;  // "max-memory-size", "bytes"; static
  uint64_t standard, hard;   // the default, and the most that may be asked for
} mote_limit_t;
MOTE_API bool mote_limit(size_t index, mote_limit_t* limit);

// ---- Failures ----

// Why something was not done: an error (yours, ours, the machine's), a guest's trap, or a guest's own exit. Immutable.
typedef struct mote_failure_t mote_failure_t;

typedef uint32_t mote_failure_kind_t;
enum { MOTE_FAILURE_NONE = 0, MOTE_FAILURE_ERROR = 1, MOTE_FAILURE_TRAP = 2, MOTE_FAILURE_EXIT = 3 };

typedef uint32_t mote_error_kind_t;
enum {
  MOTE_ERROR_NONE = 0,         // of a failure that is a trap or an exit
  MOTE_ERROR_BAD_INPUT = 1,    // the bytes or arguments handed in are wrong: malformed or invalid module, wrong type
  MOTE_ERROR_UNSUPPORTED = 2,  // valid, but this library cannot do it
  MOTE_ERROR_DENIED = 3,       // policy or permissions refuse it
  MOTE_ERROR_NOT_FOUND = 4,    // a file, export or import that is not there
  MOTE_ERROR_LIMIT = 5,        // a named limit would be exceeded
  MOTE_ERROR_UNAVAILABLE = 6,  // the machine refuses: out of memory, address space, no compiler
  MOTE_ERROR_INTERNAL = 7      // Mote failed; please report
};

typedef uint32_t mote_trap_kind_t;
enum {
  MOTE_TRAP_NONE = 0,  // of a failure that is no trap
  MOTE_TRAP_UNREACHABLE = 1,
  MOTE_TRAP_INTEGER_DIVIDE_BY_ZERO = 2,
  MOTE_TRAP_INTEGER_OVERFLOW = 3,
  MOTE_TRAP_INVALID_CONVERSION_TO_INTEGER = 4,
  MOTE_TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS = 5,
  MOTE_TRAP_OUT_OF_BOUNDS_TABLE_ACCESS = 6,
  MOTE_TRAP_UNDEFINED_ELEMENT = 7,
  MOTE_TRAP_UNINITIALIZED_ELEMENT = 8,
  MOTE_TRAP_INDIRECT_CALL_TYPE_MISMATCH = 9,
  MOTE_TRAP_CAST_FAILURE = 10,
  MOTE_TRAP_NULL_REFERENCE = 11,
  MOTE_TRAP_NULL_FUNCTION_REFERENCE = 12,
  MOTE_TRAP_NULL_STRUCTURE_REFERENCE = 13,
  MOTE_TRAP_NULL_ARRAY_REFERENCE = 14,
  MOTE_TRAP_NULL_I31_REFERENCE = 15,
  MOTE_TRAP_OUT_OF_BOUNDS_ARRAY_ACCESS = 16,
  MOTE_TRAP_UNALIGNED_ATOMIC = 17,
  MOTE_TRAP_EXPECTED_SHARED_MEMORY = 18,
  MOTE_TRAP_CALL_STACK_EXHAUSTED = 19,
  MOTE_TRAP_OUT_OF_FUEL = 20,
  MOTE_TRAP_INTERRUPT = 21,  // stopped: a stopper, an epoch, cancelled waits
  MOTE_TRAP_LIMIT = 22,
  MOTE_TRAP_HOST = 23,  // raised by a host function
  MOTE_TRAP_NULL_EXCEPTION_REFERENCE = 24,
  MOTE_TRAP_UNCAUGHT_EXCEPTION = 25  // see mote_failure_exception
};

MOTE_API void mote_failure_delete(mote_failure_t* failure);
MOTE_API mote_failure_kind_t mote_failure_kind(const mote_failure_t* failure);
MOTE_API mote_error_kind_t mote_failure_error_kind(const mote_failure_t* failure);
MOTE_API mote_trap_kind_t mote_failure_trap_kind(const mote_failure_t* failure);
MOTE_API int32_t mote_failure_exit_status(const mote_failure_t* failure);  // 0 of what is no exit
// One line, without place or backtrace: what is wrong, for a trap beginning with the specification's words.
MOTE_API mote_string_t mote_failure_message(const mote_failure_t* failure);
// All there is to say, as a program would print it: the message with its place, a trap's backtrace one line a frame. No newline
// at its end.
MOTE_API mote_string_t mote_failure_text(const mote_failure_t* failure);
// Where in the input an error is, as a byte offset; false when that makes no sense for it.
MOTE_API bool mote_failure_offset(const mote_failure_t* failure, uint64_t* offset);

// A frame of a trap's backtrace, innermost first; false past the last.
typedef struct mote_frame_t {
  size_t size;
  mote_string_t func_name;    // from the name section; may be empty
  mote_string_t module_name;  // as given when the module was made; may be empty
  uint64_t wasm_offset;       // of the instruction in the module's bytes, where has_wasm_offset is not 0
  uint32_t has_wasm_offset;
  uint32_t func;  // function index in its module
} mote_frame_t;
MOTE_API bool mote_failure_frame(const mote_failure_t* failure, size_t index, mote_frame_t* frame);

// Failures of your own, for host functions to return. A number that is no kind becomes MOTE_ERROR_INTERNAL, MOTE_TRAP_HOST.
MOTE_API mote_failure_t* mote_failure_create_error(mote_error_kind_t kind, mote_string_t message);
MOTE_API mote_failure_t* mote_failure_create_trap(mote_trap_kind_t kind, mote_string_t message);
MOTE_API mote_failure_t* mote_failure_create_exit(int32_t status);

// Words of the enumerations: "bad input", "out of bounds memory access"; "unknown" for other numbers. Static.
MOTE_API mote_string_t mote_error_kind_name(mote_error_kind_t kind);
MOTE_API mote_string_t mote_trap_kind_words(mote_trap_kind_t kind);

// ---- Values and types ----

typedef uint32_t mote_value_kind_t;
enum {
  MOTE_VALUE_I32 = 1,
  MOTE_VALUE_I64 = 2,
  MOTE_VALUE_F32 = 3,
  MOTE_VALUE_F64 = 4,
  MOTE_VALUE_V128 = 5,
  MOTE_VALUE_FUNCREF = 6,
  MOTE_VALUE_EXTERNREF = 7,
  MOTE_VALUE_ANYREF = 8,
  MOTE_VALUE_EXNREF = 9
};

// A value of any type. References are valid while their store lives and mean nothing in another one; 0 is the null reference.
// Those to objects of the guest's are handles, which may end earlier: see "Objects".
typedef struct mote_value_t {
  mote_value_kind_t kind;
  uint32_t reserved;  // 0
  union {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint64_t reference;
    uint8_t v128[16];  // lanes in order, little-endian
    uint64_t bits[2];  // all of it; Mote writes both words
  } of;
} mote_value_t;

static inline mote_value_t mote_value_null(mote_value_kind_t kind) {
  mote_value_t value;
  memset(&value, 0, sizeof value);
  value.kind = kind;
  return value;
}
static inline mote_value_t mote_value_i32(int32_t number) {
  mote_value_t value = mote_value_null(MOTE_VALUE_I32);
  value.of.i32 = number;
  return value;
}
static inline mote_value_t mote_value_i64(int64_t number) {
  mote_value_t value = mote_value_null(MOTE_VALUE_I64);
  value.of.i64 = number;
  return value;
}
static inline mote_value_t mote_value_f32(float number) {
  mote_value_t value = mote_value_null(MOTE_VALUE_F32);
  value.of.f32 = number;
  return value;
}
static inline mote_value_t mote_value_f64(double number) {
  mote_value_t value = mote_value_null(MOTE_VALUE_F64);
  value.of.f64 = number;
  return value;
}

// "i32", "funcref"; "unknown" for other numbers. Static.
MOTE_API mote_string_t mote_value_kind_name(mote_value_kind_t kind);

// The type of a host function. Reference kinds stand for the nullable types of their names.
typedef struct mote_func_type_t {
  size_t size;
  const mote_value_kind_t* params;
  size_t param_count;
  const mote_value_kind_t* results;
  size_t result_count;
} mote_func_type_t;

typedef struct mote_memory_type_t {
  size_t size;
  uint64_t min_pages;
  uint64_t max_pages;  // where has_max is not 0; a shared memory needs one
  uint32_t has_max;
  uint32_t is_64_bit;  // addressed by i64
  uint32_t is_shared;
  uint32_t reserved;  // 0
} mote_memory_type_t;

typedef struct mote_table_type_t {
  size_t size;
  uint64_t min_elements;
  uint64_t max_elements;  // where has_max is not 0
  uint32_t has_max;
  uint32_t is_64_bit;
  mote_value_kind_t element;  // a kind of reference
  uint32_t reserved;          // 0
} mote_table_type_t;

typedef uint32_t mote_extern_kind_t;
enum { MOTE_EXTERN_FUNC = 1, MOTE_EXTERN_TABLE = 2, MOTE_EXTERN_MEMORY = 3, MOTE_EXTERN_GLOBAL = 4, MOTE_EXTERN_TAG = 5 };
MOTE_API mote_string_t mote_extern_kind_name(mote_extern_kind_t kind);  // "func"; "unknown" for other numbers. Static.

// ---- Engine ----

// What modules and stores share: settings, the cache of compiled code, the compiler.
typedef struct mote_engine_t mote_engine_t;

typedef uint32_t mote_tiering_t;
enum {
  MOTE_TIERING_AUTOMATIC = 0,  // optimised code when the cache has it, else baseline code at once
  MOTE_TIERING_BASELINE = 1,   // baseline code, whatever the cache has
  MOTE_TIERING_OPTIMIZING = 2  // optimised code: from the cache, else by the compiler, which may take long
};
typedef uint32_t mote_memory_mode_t;
enum {
  MOTE_MEMORY_AUTOMATIC = 0,  // decided from this machine's address space and memory
  MOTE_MEMORY_GUARD = 1,      // bounds by guard pages: 4 GiB of address space for each 32-bit memory
  MOTE_MEMORY_DENSE = 2       // bounds by compare and branch: small reservations, many instances
};
typedef uint32_t mote_opt_level_t;
enum { MOTE_OPT_DEFAULT = 0, MOTE_OPT_0 = 1, MOTE_OPT_1 = 2, MOTE_OPT_2 = 3, MOTE_OPT_3 = 4 };
typedef uint32_t mote_cpu_t;
enum { MOTE_CPU_HOST = 0, MOTE_CPU_X86_64_V2 = 1, MOTE_CPU_X86_64_V3 = 2 };

// Lends threads to the baseline compiler: runs `work(work_data)` on up to `count` threads at once, this one included, and
// returns when all have returned. Any thread may be the caller.
typedef void (*mote_run_parallel_t)(void* data, uint32_t count, void (*work)(void* work_data), void* work_data);
// Bytes of code compiled so far and in total, on the thread that compiles, a few times a second at most.
typedef void (*mote_progress_t)(void* data, uint64_t done, uint64_t total);

typedef struct mote_engine_config_t {
  size_t size;
  mote_tiering_t tiering;
  mote_memory_mode_t memory_mode;
  mote_opt_level_t opt_level;                // of optimised code
  mote_cpu_t cpu;                            // host: the best that this machine has
  mote_choice_t canonical_nans;              // off
  mote_choice_t deterministic_relaxed_simd;  // off
  mote_choice_t fuel;                        // off; see mote_store_set_fuel
  mote_choice_t epochs;                      // off; see mote_store_set_epoch_deadline
  mote_choice_t spectre;                     // on: mask indices against speculation past their bounds check
  mote_choice_t debug_info;                  // off; baseline code only, slower
  mote_choice_t huge_pages;                  // off: ask for huge pages behind large memories
  uint32_t compile_threads;                  // the most that run_parallel is asked for; 0: 1
  mote_string_t cache_folder;                // empty: no cache. Must be private to the user (mode 0700)
  uint64_t cache_size_bytes;                 // 0: the limit "cache-size"
  mote_string_t compiler;             // path of mote-aot, or its name to be looked for in PATH; empty: no optimised code but what
                                      // is precompiled or in the cache. Runs only when it is asked to
  uint64_t compiler_timeout_ms;       // 0: none
  uint32_t compiler_threads;          // 0: one for each CPU of this process
  uint32_t reserved;                  // 0
  mote_run_parallel_t run_parallel;   // NULL: the baseline compiler works on the calling thread
  void* run_parallel_data;            // must outlive the engine
  mote_progress_t compiler_progress;  // may be NULL
  void* compiler_progress_data;       // must outlive the engine
} mote_engine_config_t;

// `config` NULL: all defaults. Errors: bad input (a setting that is none, a cache folder that is not private), limit.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_engine_create(const mote_engine_config_t* config, mote_engine_t** engine);
MOTE_API mote_engine_t* mote_engine_share(const mote_engine_t* engine);  // one more handle of the same engine
MOTE_API void mote_engine_delete(mote_engine_t* engine);
MOTE_API bool mote_engine_has_cache(const mote_engine_t* engine);  // whether the cache folder is open

// What was decided and why, by index from 0; false past the last.
typedef struct mote_setting_t {
  size_t size;
  mote_string_t name, value, reason;
} mote_setting_t;
MOTE_API bool mote_engine_setting(const mote_engine_t* engine, size_t index, mote_setting_t* setting);

// Advances the clock that mote_store_set_epoch_deadline counts in. Async-signal-safe.
MOTE_API void mote_engine_increment_epoch(const mote_engine_t* engine);

typedef uint32_t mote_cache_fill_t;
enum {
  MOTE_CACHE_COMPILED = 1,  // by this call
  MOTE_CACHE_PRESENT = 2,   // by an earlier one
  MOTE_CACHE_BUSY = 3,      // another process or thread is at it
  MOTE_CACHE_GAVE_UP = 4    // the compiler refused this module, or broke down over it less than an hour ago
};
// Makes optimised code of a module and keeps it in the cache, where modules that are compiled later, and mote_module_refresh,
// find it. Takes seconds to minutes: call it on a thread that nobody waits for. `fill` may be NULL. Errors: unavailable (no
// cache, no compiler).
MOTE_MUST_USE MOTE_API mote_failure_t* mote_engine_compile_into_cache(const mote_engine_t* engine, mote_bytes_t wasm,
                                                                      mote_cache_fill_t* fill);

// Bytes that Mote made.
typedef struct mote_buffer_t mote_buffer_t;
MOTE_API mote_bytes_t mote_buffer_bytes(const mote_buffer_t* buffer);
MOTE_API void mote_buffer_delete(mote_buffer_t* buffer);
// Optimised code of a module as an artifact, to be kept and given to mote_module_load. As slow as the function before.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_engine_precompile(const mote_engine_t* engine, mote_bytes_t wasm,
                                                              mote_buffer_t** artifact);

// ---- Modules ----

// Compiled code, immutable; serves any number of stores of its engine, on any threads.
typedef struct mote_module_t mote_module_t;

// From WebAssembly's binary format. The bytes are not needed afterwards; `name` appears in backtraces and may be empty. Errors:
// bad input (malformed or invalid, with its offset; text; a component), unsupported, limit, unavailable.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_module_compile(const mote_engine_t* engine, mote_bytes_t wasm, mote_string_t name,
                                                           mote_module_t** module);
// The same of a file, which a warm cache need not read. Errors also: not found, denied.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_module_compile_file(const mote_engine_t* engine, mote_string_t path,
                                                                mote_module_t** module);
// From an artifact, which is native code: load it only from places that you trust. Errors: bad input with the reason's name (not
// an artifact, truncated, corrupt, another version, other settings), unsupported (CPU features).
MOTE_MUST_USE MOTE_API mote_failure_t* mote_module_load(const mote_engine_t* engine, mote_bytes_t artifact, mote_string_t name,
                                                        mote_module_t** module);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_module_load_file(const mote_engine_t* engine, mote_string_t path,
                                                             mote_module_t** module);
MOTE_API mote_module_t* mote_module_share(const mote_module_t* module);  // one more handle of the same module
MOTE_API void mote_module_delete(mote_module_t* module);
// Decodes and validates only, without an engine.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_module_validate(mote_bytes_t wasm);
MOTE_API bool mote_is_artifact(mote_bytes_t bytes);  // whether bytes begin as an artifact does
MOTE_API mote_string_t mote_module_name(const mote_module_t* module);

typedef uint32_t mote_module_source_t;
enum { MOTE_SOURCE_COMPILED = 1, MOTE_SOURCE_CACHE = 2, MOTE_SOURCE_ARTIFACT = 3 };
typedef uint32_t mote_tier_t;
enum { MOTE_TIER_BASELINE = 1, MOTE_TIER_OPTIMIZING = 2 };
// Where the code comes from that the next instance gets.
typedef struct mote_origin_t {
  size_t size;
  mote_module_source_t source;
  mote_tier_t tier;
  uint64_t code_size_bytes;  // of machine code and its constants
  uint64_t compile_ns;       // by the baseline compiler; else 0
} mote_origin_t;
MOTE_API bool mote_module_origin(const mote_module_t* module, mote_origin_t* origin);
// Looks whether the cache has optimised code by now, and takes it for instances made from here on. True when they run optimised
// code. Costs one failed open of a file when there is none.
MOTE_API bool mote_module_refresh(const mote_module_t* module);

// What a module asks for and offers, by index from 0 in the order of its sections; false past the last.
typedef struct mote_import_t {
  size_t size;
  mote_string_t module, name;
  mote_string_t type;  // as the specification writes it: "func [i32] -> [i64]", "memory 1 4"
  mote_extern_kind_t kind;
  uint32_t reserved;
} mote_import_t;
typedef struct mote_export_t {
  size_t size;
  mote_string_t name;
  mote_string_t type;
  mote_extern_kind_t kind;
  uint32_t reserved;
} mote_export_t;
MOTE_API bool mote_module_import(const mote_module_t* module, size_t index, mote_import_t* import_);
MOTE_API bool mote_module_export(const mote_module_t* module, size_t index, mote_export_t* export_);

// ---- Stores ----

// The unit of trust: owns instances that may be linked to each other, all they hold, and the stack they run on.
typedef struct mote_store_t mote_store_t;

// What the guests of one store may hold. 0: the default of the limit of that name (mote_limit); above its hard maximum: refused.
typedef struct mote_store_limits_t {
  size_t size;
  uint64_t memory_size_bytes;         // of each memory
  uint64_t shared_memory_size_bytes;  // what a shared memory may declare as its maximum
  uint64_t waiters;                   // threads that wait on one shared memory
  uint64_t table_elements;            // of each table
  uint64_t instances;
  uint64_t wasm_stack_bytes;
  uint64_t gc_heap_size_bytes;  // of objects and exceptions, garbage included; twice that is reserved
  mote_choice_t gc_zeal;        // off; on collects at every allocation, for tests
  uint32_t reserved;            // 0
} mote_store_limits_t;

// Handles of what a store owns: plain words, copied freely, nothing to delete, valid as long as the store. All zero: empty.
typedef struct mote_func_t {
  void* private_handle;
  void* private_store;
} mote_func_t;
typedef struct mote_memory_t {
  void* private_handle;
  void* private_store;
} mote_memory_t;
typedef struct mote_table_t {
  void* private_handle;
  void* private_store;
} mote_table_t;
typedef struct mote_global_t {
  void* private_handle;
  void* private_store;
} mote_global_t;
typedef struct mote_tag_t {
  void* private_handle;
  void* private_store;
} mote_tag_t;
typedef struct mote_instance_t {
  void* private_handle;
  void* private_store;
} mote_instance_t;

// `limits` NULL: all defaults. Errors: limit.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_store_create(const mote_engine_t* engine, const mote_store_limits_t* limits,
                                                         mote_store_t** store);
// Not while one of its guests runs, and after its tasks.
MOTE_API void mote_store_delete(mote_store_t* store);
// A pointer of yours, for host functions.
MOTE_API void mote_store_set_data(mote_store_t* store, void* data);
MOTE_API void* mote_store_data(const mote_store_t* store);

// Fuel counts WebAssembly instructions; it is 0 in a new store, and a guest without traps (MOTE_TRAP_OUT_OF_FUEL). Errors: bad
// input when the engine was made without `fuel`.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_store_set_fuel(mote_store_t* store, int64_t fuel);
MOTE_API int64_t mote_store_fuel(const mote_store_t* store);
// Guests trap (MOTE_TRAP_INTERRUPT) when the engine's epoch has advanced by this many. Errors: bad input when the engine was
// made without `epochs`.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_store_set_epoch_deadline(mote_store_t* store, uint64_t ticks_from_now);

// Called after every memory.grow of the store's guests, on their thread: the size it had, the pages wanted, whether it was done.
// Must not call into the store. NULL takes it away.
typedef void (*mote_growth_observer_t)(void* data, uint64_t old_pages, uint64_t added_pages, bool is_done);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_store_set_growth_observer(mote_store_t* store, mote_growth_observer_t observer,
                                                                      void* data, mote_destroy_t destroy);

// An externref that stands for a number of yours (a pointer, an index), and the number again; equal numbers give equal
// references. False for null and for other values. Errors: limit ("max-externrefs").
MOTE_MUST_USE MOTE_API mote_failure_t* mote_store_new_externref(mote_store_t* store, uint64_t number, mote_value_t* reference);
MOTE_API bool mote_store_externref_number(const mote_store_t* store, const mote_value_t* reference, uint64_t* number);

// ---- Stopping a guest ----

// Ends or interrupts the guests of one store from another thread. May outlive the store; then its functions do nothing.
typedef struct mote_stopper_t mote_stopper_t;
MOTE_MUST_USE MOTE_API mote_failure_t* mote_store_stopper(const mote_store_t* store, mote_stopper_t** stopper);
MOTE_API mote_stopper_t* mote_stopper_share(const mote_stopper_t* stopper);
MOTE_API void mote_stopper_delete(mote_stopper_t* stopper);
// The guest traps (MOTE_TRAP_INTERRUPT, with the reason) at whatever instruction it stands; in a host function, when that
// returns. The store runs nothing any more: later calls trap alike, with the first reason. True when no guest of the store runs;
// waits for that, at most `patience_ns`. From any thread but the store's own.
MOTE_API bool mote_stopper_stop(const mote_stopper_t* stopper, mote_string_t reason, uint64_t patience_ns);
// The store's task comes back to whoever resumed it. At once where the guest is in compiled code; an order that meets it on its
// way in or out may be lost, so repeat it if you still need the thread. Without a task: nothing.
MOTE_API void mote_stopper_preempt(const mote_stopper_t* stopper);
// CPU time of the store's guests and their host functions, from the first question on, which makes each entry into a guest
// dearer by a system call.
MOTE_API uint64_t mote_stopper_cpu_time_ns(const mote_stopper_t* stopper);
// `begins` is called once, when the store's thread next enters a guest, by that thread, before. False: a guest runs now, nothing
// will be called. After mote_stopper_cpu_time_ns only. NULL takes back the one before.
MOTE_API bool mote_stopper_notify_when_running(const mote_stopper_t* stopper, void (*begins)(void* data), void* data,
                                               mote_destroy_t destroy);
// `wake` is called when the store is stopped, by the thread that stops it, which holds a lock: it should wake the host function
// that waits for the store's guest, and nothing more. Replaces the one before; NULL takes it away.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_store_on_stop(mote_store_t* store, void (*wake)(void* data), void* data,
                                                          mote_destroy_t destroy);
// Ends the guest if it sleeps in memory.atomic.wait, now or later. From any thread; for good.
MOTE_API void mote_store_cancel_waits(mote_store_t* store);

// ---- Functions ----

// What a host function sees of its caller. Valid during the call only.
typedef struct mote_caller_t mote_caller_t;

// A function of yours, called by guests. `results` holds null values of the right kinds; write them and return NULL, or return
// what ends the guest: a failure of mote_failure_create_*, or one that another call returned. Mote takes that over.
typedef mote_failure_t* (*mote_host_func_t)(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                            mote_value_t* results, size_t result_count);

MOTE_API mote_store_t* mote_caller_store(const mote_caller_t* caller);  // NULL while a pool initializes
MOTE_API void* mote_caller_data(const mote_caller_t* caller);           // mote_store_set_data
// The memory of the instance that calls: its export "memory", else its memory 0; {NULL, 0} when it has none. Valid until the
// guest runs or the memory grows. The pointer is yours to write through.
MOTE_API uint8_t* mote_caller_memory(const mote_caller_t* caller, size_t* size_bytes);
// The `size_bytes` bytes at `offset` of that memory, or NULL when they do not all lie in it: how an address that a guest gave is
// used.
MOTE_API uint8_t* mote_caller_memory_at(const mote_caller_t* caller, uint64_t offset, uint64_t size_bytes);
// Leaves the task in which the guest runs, and returns when that is resumed. False: the guest is to end, or there is no task;
// return then. Hold no lock across it, and ask for memory anew.
MOTE_API bool mote_caller_park(mote_caller_t* caller);
MOTE_API bool mote_caller_may_park(const mote_caller_t* caller);  // whether there is a task

// A function of the host as one of the store's own, to be put into tables or called. To give guests functions as imports, a
// linker is simpler.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_func_create(mote_store_t* store, const mote_func_type_t* type, mote_host_func_t host,
                                                        void* data, mote_destroy_t destroy, mote_func_t* func);
// Runs it until it returns, traps or exits. Counts and kinds are checked (bad input, with the function's type). `results` has
// room for at least all results; NULL when there are none. After a trap the store may be used on, unless it was stopped.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_func_call(mote_func_t func, const mote_value_t* args, size_t arg_count,
                                                      mote_value_t* results, size_t result_capacity);
// The kinds of its parameters and of its results: writes the first `capacity` to `kinds` (NULL when that is 0), returns how many
// there are.
MOTE_API size_t mote_func_params(mote_func_t func, mote_value_kind_t* kinds, size_t capacity);
MOTE_API size_t mote_func_results(mote_func_t func, mote_value_kind_t* kinds, size_t capacity);
// The type as text, "(i32) -> (i64)": writes what fits and a zero byte, returns the size of all of it, as snprintf does.
MOTE_API size_t mote_func_type_text(mote_func_t func, char* text, size_t capacity);
// As a funcref, and from one of this store; false for null and for other values. An empty function gives the null funcref.
MOTE_API mote_value_t mote_func_to_value(mote_func_t func);
MOTE_API bool mote_func_from_value(const mote_store_t* store, const mote_value_t* value, mote_func_t* func);

// ---- Memories, tables, globals ----

MOTE_MUST_USE MOTE_API mote_failure_t* mote_memory_create(mote_store_t* store, const mote_memory_type_t* type,
                                                          mote_memory_t* memory);
// Valid until a guest runs or the memory grows. The pointer is yours to write through.
MOTE_API uint8_t* mote_memory_data(mote_memory_t memory);
MOTE_API size_t mote_memory_size_bytes(mote_memory_t memory);
MOTE_API uint8_t* mote_memory_at(mote_memory_t memory, uint64_t offset, uint64_t size_bytes);  // as mote_caller_memory_at
MOTE_API uint64_t mote_memory_pages(mote_memory_t memory);
// By that many pages; `old_pages` may be NULL. Errors: limit (its maximum, "max-memory-size", or the machine).
MOTE_MUST_USE MOTE_API mote_failure_t* mote_memory_grow(mote_memory_t memory, uint64_t pages, uint64_t* old_pages);

// A memory for the guests of several stores, which may run at once. Belongs to no store; lives as long as a handle or a store
// has it.
typedef struct mote_shared_memory_t mote_shared_memory_t;
// `type` needs a maximum, which is reserved at once; is_shared is understood. `limits` NULL: defaults.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_shared_memory_create(const mote_engine_t* engine, const mote_memory_type_t* type,
                                                                 const mote_store_limits_t* limits, mote_shared_memory_t** memory);
MOTE_API mote_shared_memory_t* mote_shared_memory_share(const mote_shared_memory_t* memory);
MOTE_API void mote_shared_memory_delete(mote_shared_memory_t* memory);
// The address stays valid. Guests may write at any time: use atomics for what you share with them.
MOTE_API uint8_t* mote_shared_memory_data(const mote_shared_memory_t* memory);
MOTE_API size_t mote_shared_memory_size_bytes(const mote_shared_memory_t* memory);
MOTE_API uint64_t mote_shared_memory_pages(const mote_shared_memory_t* memory);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_shared_memory_grow(const mote_shared_memory_t* memory, uint64_t pages,
                                                               uint64_t* old_pages);
// A store's memory as one for several. Errors: bad input when its type is not shared.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_memory_to_shared(mote_memory_t memory, mote_shared_memory_t** shared);

MOTE_MUST_USE MOTE_API mote_failure_t* mote_table_create(mote_store_t* store, const mote_table_type_t* type, mote_table_t* table);
MOTE_API uint64_t mote_table_size(mote_table_t table);  // elements
// Errors: bad input (an index past the end; a value of another type).
MOTE_MUST_USE MOTE_API mote_failure_t* mote_table_get(mote_table_t table, uint64_t index, mote_value_t* value);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_table_set(mote_table_t table, uint64_t index, const mote_value_t* value);
// By that many elements, all `value`; `old_size` may be NULL. Errors: limit.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_table_grow(mote_table_t table, uint64_t elements, const mote_value_t* value,
                                                       uint64_t* old_size);

MOTE_MUST_USE MOTE_API mote_failure_t* mote_global_create(mote_store_t* store, const mote_value_t* value, bool is_mutable,
                                                          mote_global_t* global);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_global_get(mote_global_t global, mote_value_t* value);
// Errors: bad input (immutable; a value of another type).
MOTE_MUST_USE MOTE_API mote_failure_t* mote_global_set(mote_global_t global, const mote_value_t* value);

// ---- Objects ----
//
// A reference of kind anyref, exnref or externref to an object of the guest's (a structure, an array, an exception) is a *handle*:
// it keeps the object alive, and follows it when the collector moves it, until the innermost mote_scope_t that was open when it was
// made is deleted; in a host function until that returns; without either until its store ends. One that has ended refers to
// nothing, or to what a later one refers to; it touches no memory that is not the guest's.
// Two handles of one object differ: compare with mote_object_is_same. Null, i31 and numbers of yours (mote_store_new_externref)
// are no handles: they are always valid. anyref and externref are one world: setting the other `kind` is extern.convert_any.

// What handles are made while it lives end with it. Scopes nest: delete the inner one first, and all before their store.
typedef struct mote_scope_t mote_scope_t;
MOTE_MUST_USE MOTE_API mote_failure_t* mote_scope_create(mote_store_t* store, mote_scope_t** scope);
MOTE_API void mote_scope_delete(mote_scope_t* scope);

// A number as an anyref that needs no object: its low 31 bits. And back, sign-extended; false for other values.
MOTE_API mote_value_t mote_value_i31(int32_t number);
MOTE_API bool mote_value_to_i31(const mote_value_t* value, int32_t* number);

typedef uint32_t mote_object_kind_t;
enum {
  MOTE_OBJECT_NULL = 1,
  MOTE_OBJECT_I31 = 2,
  MOTE_OBJECT_STRUCTURE = 3,
  MOTE_OBJECT_ARRAY = 4,
  MOTE_OBJECT_EXCEPTION = 5,
  MOTE_OBJECT_NUMBER = 6  // of yours
};
typedef struct mote_object_info_t {
  size_t size;
  mote_object_kind_t kind;
  uint32_t count;  // of fields, elements, or payload values
} mote_object_info_t;
// Errors: bad input (a value that is no such reference).
MOTE_MUST_USE MOTE_API mote_failure_t* mote_object_info(const mote_store_t* store, const mote_value_t* object,
                                                        mote_object_info_t* info);
// Its type as the specification writes it; of an exception its tag's. Writes what fits and a zero byte, returns the size of all.
MOTE_API size_t mote_object_type_text(const mote_store_t* store, const mote_value_t* object, char* text, size_t capacity);
MOTE_API bool mote_object_is_same(const mote_store_t* store, const mote_value_t* a, const mote_value_t* b);
// A field of a structure, an element of an array, a payload value of an exception; packed ones are zero-extended. Errors: bad
// input (no object; an index past the end; a value of another type; what is immutable).
MOTE_MUST_USE MOTE_API mote_failure_t* mote_object_get(mote_store_t* store, const mote_value_t* object, uint32_t index,
                                                       mote_value_t* value);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_object_set(mote_store_t* store, const mote_value_t* object, uint32_t index,
                                                       const mote_value_t* value);

// A final type without a supertype. Types are compared by what they are, so it is also the type of that description in any module.
// Nothing to delete; valid as long as its engine.
typedef struct mote_object_type_t {
  void* private_engine;
  uint32_t private_id;
  uint32_t reserved;
} mote_object_type_t;
typedef struct mote_field_type_t {
  mote_value_kind_t kind;
  uint32_t packed_bits;  // 8 or 16: kept in so many bits of an i32; else 0
  uint32_t is_mutable;
  uint32_t reserved;  // 0
} mote_field_type_t;
// Errors: bad input, limit.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_structure_type_create(const mote_engine_t* engine, const mote_field_type_t* fields,
                                                                  size_t field_count, mote_object_type_t* type);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_array_type_create(const mote_engine_t* engine, const mote_field_type_t* element,
                                                              mote_object_type_t* type);
// Objects of such a type: `fields` in order; `length` times `element`. Errors: bad input, limit ("max-gc-heap-size").
MOTE_MUST_USE MOTE_API mote_failure_t* mote_structure_create(mote_store_t* store, mote_object_type_t type,
                                                             const mote_value_t* fields, size_t field_count, mote_value_t* object);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_array_create(mote_store_t* store, mote_object_type_t type, uint32_t length,
                                                         const mote_value_t* element, mote_value_t* object);

// Collects now. For tests and for measuring what is live: a guest needs no such help.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_store_collect(mote_store_t* store);
typedef struct mote_heap_use_t {
  size_t size;
  uint64_t used_bytes;      // objects, garbage included
  uint64_t capacity_bytes;  // until the next collection
  uint64_t collections;
} mote_heap_use_t;
MOTE_API bool mote_store_heap_use(const mote_store_t* store, mote_heap_use_t* use);  // zeros: nobody needed a heap so far

// ---- Exceptions ----
//
// A host function throws by returning mote_failure_create_exception. A call whose exception no guest caught fails with
// MOTE_TRAP_UNCAUGHT_EXCEPTION; its exception is looked at (mote_failure_exception, mote_exception_tag, mote_object_get), and a
// host function that returns the failure lets it pass on to the guest that called.

// A kind of exception, which carries values of these kinds. Errors: bad input, limit.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_tag_create(mote_store_t* store, const mote_value_kind_t* payload, size_t payload_count,
                                                       mote_tag_t* tag);
MOTE_API size_t mote_tag_payload(mote_tag_t tag, mote_value_kind_t* kinds, size_t capacity);  // as mote_func_params
MOTE_API bool mote_tag_is_same(mote_tag_t a, mote_tag_t b);
// An exception as an exnref. Errors: bad input (counts and kinds of the payload), limit ("max-gc-heap-size").
MOTE_MUST_USE MOTE_API mote_failure_t* mote_exception_create(mote_store_t* store, mote_tag_t tag, const mote_value_t* payload,
                                                             size_t payload_count, mote_value_t* exception);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_exception_tag(const mote_store_t* store, const mote_value_t* exception,
                                                          mote_tag_t* tag);
// For a host function to return. What is no exception becomes an error (bad input) that says so.
MOTE_API mote_failure_t* mote_failure_create_exception(const mote_value_t* exception);
// The exception that nobody caught so far, a handle; false for all other failures.
MOTE_API bool mote_failure_exception(const mote_failure_t* failure, mote_value_t* exception);

// ---- Linking ----

// Names to definitions. Host functions and shared memories serve any number of stores of the engine; definitions that are
// handles of a store may only be used to instantiate into it, and the linker must go before that store.
typedef struct mote_linker_t mote_linker_t;
MOTE_MUST_USE MOTE_API mote_failure_t* mote_linker_create(const mote_engine_t* engine, mote_linker_t** linker);
MOTE_API void mote_linker_delete(mote_linker_t* linker);
// A later definition of the same two names replaces the earlier one. Errors: bad input (of another engine), limit (too many
// parameters). A host function may be called by several threads at once, where several stores run.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_linker_define_host_func(mote_linker_t* linker, mote_string_t module, mote_string_t name,
                                                                    const mote_func_type_t* type, mote_host_func_t host, void* data,
                                                                    mote_destroy_t destroy);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_linker_define_func(mote_linker_t* linker, mote_string_t module, mote_string_t name,
                                                               mote_func_t func);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_linker_define_memory(mote_linker_t* linker, mote_string_t module, mote_string_t name,
                                                                 mote_memory_t memory);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_linker_define_shared_memory(mote_linker_t* linker, mote_string_t module,
                                                                        mote_string_t name, const mote_shared_memory_t* memory);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_linker_define_table(mote_linker_t* linker, mote_string_t module, mote_string_t name,
                                                                mote_table_t table);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_linker_define_global(mote_linker_t* linker, mote_string_t module, mote_string_t name,
                                                                 mote_global_t global);
MOTE_MUST_USE MOTE_API mote_failure_t* mote_linker_define_tag(mote_linker_t* linker, mote_string_t module, mote_string_t name,
                                                              mote_tag_t tag);
// All exports of an instance, under a module name.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_linker_define_instance(mote_linker_t* linker, mote_string_t module,
                                                                   mote_instance_t instance);
// Resolves imports (errors: not found, "unknown import …"; bad input, "incompatible import type …"), allocates, runs segments
// and the start function, so a trap or an exit may come back. What earlier segments wrote stays written when a later one traps.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_linker_instantiate(const mote_linker_t* linker, mote_store_t* store,
                                                               const mote_module_t* module, mote_instance_t* instance);

// Exports of an instance by name; false when there is none of that name and kind.
MOTE_API bool mote_instance_func(mote_instance_t instance, mote_string_t name, mote_func_t* func);
MOTE_API bool mote_instance_memory(mote_instance_t instance, mote_string_t name, mote_memory_t* memory);
MOTE_API bool mote_instance_table(mote_instance_t instance, mote_string_t name, mote_table_t* table);
MOTE_API bool mote_instance_global(mote_instance_t instance, mote_string_t name, mote_global_t* global);
MOTE_API bool mote_instance_tag(mote_instance_t instance, mote_string_t name, mote_tag_t* tag);
MOTE_API mote_module_t* mote_instance_module(mote_instance_t instance);  // one more handle of its module

// ---- Tasks ----

// Work that calls guests of one store and can be left in the middle and taken up again, so that one thread runs many guests. It
// runs on the store's own stack ("max-wasm-stack"). Between turns nothing else enters the store.
typedef struct mote_task_t mote_task_t;
typedef uint32_t mote_task_step_t;
enum {
  MOTE_TASK_ENDED = 1,
  MOTE_TASK_PARKED = 2,    // by mote_caller_park, mote_task_park
  MOTE_TASK_PREEMPTED = 3  // by mote_stopper_preempt
};
// `work` begins with the first resume.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_task_create(mote_store_t* store, void (*work)(void* data), void* data,
                                                        mote_destroy_t destroy, mote_task_t** task);
// Before its store. A guest that has not ended is stopped for good, its host functions are let return.
MOTE_API void mote_task_delete(mote_task_t* task);
// The next turn; why it ended, in `step`, which may be NULL. Errors: bad input when the task runs or has ended; at its first
// turn also when the store is in use or has no stack.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_task_resume(mote_task_t* task, mote_task_step_t* step);
MOTE_API bool mote_task_has_ended(const mote_task_t* task);
// As mote_caller_park, for what the work calls and has no caller; only while this task runs.
MOTE_API bool mote_task_park(mote_task_t* task);

// ---- Pools ----

// A fresh sandbox for each event, at the price of a function call. A pool links and initializes a group of modules once and
// keeps that state as a template. A sandbox is a store that holds exactly the template; a worker leases one to an event, and
// when the lease ends it is brought back to the template by copying what the event changed. In the steady state that is no
// system call, no page fault, no lock and no allocation. docs/internals/pool.md.
//
// Host functions that serve a pool must not have the kernel write into guest memory (read, recv): where no guest wrote before
// that fails with EFAULT. Read into memory of yours and copy.
typedef struct mote_pool_t mote_pool_t;

typedef struct mote_pool_member_t {
  mote_string_t name;  // under which later members import what it exports
  const mote_module_t* module;
} mote_pool_member_t;

typedef struct mote_pool_config_t {
  size_t size;
  const mote_pool_member_t* members;  // linked in this order, at least one; imports are found among the exports of earlier members,
  size_t member_count;                // then in the linker
  const mote_string_t* init;          // functions without parameters and results, called once if they are exported, before the
  size_t init_count;                  // template is taken. NULL: "_initialize"; not NULL with a count of 0: none
  void* init_data;                    // mote_caller_data during initialization; mote_caller_store is NULL then
  // Called before initialization, to have one that never ends stopped from another thread. May be NULL. `stopper` is valid during
  // the call; share it to keep it.
  void (*before_init)(void* data, const mote_stopper_t* stopper);
  void* before_init_data;
  const mote_store_limits_t* limits;  // of each sandbox; NULL: defaults, memories being bounded by "pool-memory-size"
  uint64_t sandboxes;                 // the most, leased or ready; 0: the limit "pool-sandboxes"
  uint64_t kept_bytes_each;           // memory that a sandbox keeps ready because an earlier event wrote to it; 0: "pool-kept-each"
  uint64_t kept_bytes;                // of all together; 0: "pool-kept"
  int64_t fuel;                       // each event's, where the engine was made with fuel
  uint64_t epoch_ticks;               // each event's, where the engine was made with epochs; 0: no deadline
  mote_choice_t copies_whole;         // off: on copies all of a memory after each event, whatever was written
  uint32_t reserved;                  // 0
} mote_pool_config_t;

// Definitions of the linker must not belong to a store; it may be deleted afterwards. Errors: bad input, not found (imports),
// limit (a memory above its limit), unsupported (shared memories), unavailable; a trap or an exit that ends initialization.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_pool_create(const mote_engine_t* engine, const mote_linker_t* linker,
                                                        const mote_pool_config_t* config, mote_pool_t** pool);
MOTE_API mote_pool_t* mote_pool_share(const mote_pool_t* pool);  // one more handle of the same pool
MOTE_API void mote_pool_delete(mote_pool_t* pool);               // its workers and packed sandboxes have it still

// What was decided, and what there is now. Any thread. False when `pool` is NULL.
typedef struct mote_pool_report_t {
  size_t size;
  mote_string_t tracking;   // "watch", or "copy: " and why; lives as long as the handle
  uint64_t template_bytes;  // held once for all sandboxes
  uint64_t sandboxes;       // leased or ready
  uint64_t mappings;        // of the kernel for all of them, about
  uint64_t kept_bytes;      // see mote_pool_config_t
  uint64_t packed;          // packed sandboxes alive
  uint64_t packed_bytes;    // and their memory
} mote_pool_report_t;
MOTE_API bool mote_pool_report(const mote_pool_t* pool, mote_pool_report_t* report);

// Ready sandboxes of one thread: a worker, its leases and all in them belong to one thread at a time.
typedef struct mote_worker_t mote_worker_t;
// A sandbox of one event.
typedef struct mote_lease_t mote_lease_t;
// A sandbox that nobody has leased, with all that its events changed: some hundred bytes and its changed pages. Any thread may
// own it.
typedef struct mote_packed_t mote_packed_t;

MOTE_MUST_USE MOTE_API mote_failure_t* mote_worker_create(const mote_pool_t* pool, mote_worker_t** worker);
// Releases leases that still live; the pool's other workers get its sandboxes.
MOTE_API void mote_worker_delete(mote_worker_t* worker);
// A sandbox that equals the template. Makes one when none is ready. Errors: limit ("pool-sandboxes"),
// unavailable.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_worker_acquire(mote_worker_t* worker, mote_lease_t** lease);
// Has that many sandboxes ready.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_worker_arm(mote_worker_t* worker, uint64_t count);
// What need not be done while an event waits: gives back memory above the limits. For idle moments.
MOTE_API void mote_worker_tend(mote_worker_t* worker);

// The event is over: everything in the sandbox is gone, and its handles with it. NULL: nothing. By the worker's thread, when no
// guest of it runs and no task of it lives.
MOTE_API void mote_lease_release(mote_lease_t* lease);
// The lease's, not to be deleted. Limits, data, fuel, stoppers (one that was asked for during this event can do nothing to later
// ones).
MOTE_API mote_store_t* mote_lease_store(const mote_lease_t* lease);
// By place in mote_pool_config_t.members; empty when there is no such member.
MOTE_API mote_instance_t mote_lease_instance(const mote_lease_t* lease, size_t member);

// The sandbox as it is now, in as little memory as its changes take; the lease is released. Errors, with the lease as it was:
// unsupported (the host made references or definitions in it), unavailable.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_lease_pack(mote_lease_t* lease, mote_packed_t** packed);
// A packed sandbox of the worker's pool, to go on with. Takes `packed` over, also when it fails.
MOTE_MUST_USE MOTE_API mote_failure_t* mote_worker_unpack(mote_worker_t* worker, mote_packed_t* packed, mote_lease_t** lease);
MOTE_API uint64_t mote_packed_size_bytes(const mote_packed_t* packed);  // of memory that it holds
MOTE_API void mote_packed_delete(mote_packed_t* packed);

#ifdef __cplusplus
}
#endif
// NOLINTEND
