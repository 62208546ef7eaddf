// Every limit of the engine: name, unit, default and hard maximum. Nothing that a module can make grow is without one.
//
// The first group bounds what a binary may declare; the numbers are those of the WebAssembly JavaScript API
// (section "Implementation-defined Limits"), so that what runs elsewhere runs here. The second group bounds what a running
// guest may hold; an embedder lowers it per store (store.h), never above the hard maximum.
#pragma once

#include <cstdint>

namespace mote::limits {

// What a module may declare. Exceeding one is ErrorKind::limit with the limit's name.
inline constexpr uint64_t module_size_bytes = 1ull << 30;  // 1 GiB
inline constexpr uint32_t types = 1'000'000;
inline constexpr uint32_t recursion_groups = 1'000'000;
inline constexpr uint32_t recursion_group_types = 1'000'000;
inline constexpr uint32_t subtyping_depth = 63;
inline constexpr uint32_t struct_fields = 10'000;
inline constexpr uint32_t array_new_fixed_elements = 10'000;
inline constexpr uint32_t functions = 1'000'000;
inline constexpr uint32_t imports = 1'000'000;
inline constexpr uint32_t exports = 1'000'000;
inline constexpr uint32_t globals = 1'000'000;
inline constexpr uint32_t tags = 1'000'000;
inline constexpr uint32_t tables = 100;
inline constexpr uint32_t memories = 100;
inline constexpr uint32_t data_segments = 100'000;
inline constexpr uint32_t element_segments = 100'000;
inline constexpr uint32_t element_segment_entries = 10'000'000;
inline constexpr uint32_t custom_sections = 100'000;
inline constexpr uint32_t name_bytes = 100'000;
inline constexpr uint32_t parameters = 1'000;
inline constexpr uint32_t results = 1'000;
inline constexpr uint32_t locals = 50'000;
inline constexpr uint32_t function_body_bytes = 7'654'321;
inline constexpr uint32_t block_depth = 1'000'000;       // nested blocks in one function (bounded by the body's size)
inline constexpr uint32_t br_table_targets = 1'000'000;  // bounded by the body's size

// What the format and the engine can address.
inline constexpr uint64_t memory32_pages = 65'536;      // 4 GiB
inline constexpr uint64_t memory64_pages = 1ull << 48;  // declared; what can be reserved is far less
inline constexpr uint64_t table32_elements = 0xffff'ffffull;
inline constexpr uint64_t page_size_bytes = 65'536;

// What a running guest may hold: default, hard maximum.
struct Limit {
  const char* name;
  const char* unit;
  uint64_t standard;
  uint64_t hard;
};
inline constexpr Limit memory_size{"max-memory-size", "bytes", 4ull << 30, 1ull << 40};
inline constexpr Limit memory64_reservation{"memory-reservation", "bytes", 8ull << 30, 1ull << 40};
inline constexpr Limit dense_memory_size{"dense-memory-size", "bytes", 1ull << 30,
                                         4ull << 30};  // 32-bit memory without a smaller maximum
inline constexpr Limit shared_memory_size{"max-shared-memory-size", "bytes", 4ull << 30, 1ull << 40};  // its declared maximum
inline constexpr Limit waiters{"max-waiters", "threads", 10'000, 1'000'000};                           // on one shared memory
inline constexpr Limit externrefs{"max-externrefs", "references", 1'000'000, 100'000'000};
inline constexpr Limit handles{"max-handles", "handles", 1'000'000,
                               1'000'000};  // of an embedder to objects of a store (mote/object.h)
inline constexpr Limit gc_heap_size{"max-gc-heap-size", "bytes", 1ull << 30,
                                    (2ull << 30) - (1 << 20)};                           // of a store, garbage included
inline constexpr Limit engine_types{"max-engine-types", "types", 2'000'000, 2'000'000};  // distinct ones of all its modules
inline constexpr Limit table_elements{"max-table-elements", "elements", 1'000'000, 100'000'000};
inline constexpr Limit instances{"max-instances", "instances", 10'000, 1'000'000};
inline constexpr Limit wasm_stack{"max-wasm-stack", "bytes", 1ull << 20, 1ull << 30};
inline constexpr Limit pooled_stacks{"max-pooled-stacks", "stacks", 256, 30'000};  // kept by an engine while no guest runs on them
inline constexpr Limit pool_memory_size{"pool-memory-size", "bytes", 64ull << 20,
                                        1ull << 40};                                       // of each memory of a pool's sandbox
inline constexpr Limit pool_sandboxes{"pool-sandboxes", "sandboxes", 10'000, 1'000'000};   // of one pool, packed ones apart
inline constexpr Limit pool_kept_each{"pool-kept-each", "bytes", 2ull << 20, 1ull << 40};  // see PoolConfig
inline constexpr Limit pool_kept{"pool-kept", "bytes", 256ull << 20, 1ull << 40};          // of one pool
inline constexpr Limit pool_packed{"pool-packed", "bytes", 64ull << 30, 1ull << 50};       // of the packed sandboxes of one pool
inline constexpr Limit engine_kept{"engine-kept", "bytes", 1ull << 30, 1ull << 40};        // of all pools of an engine
inline constexpr Limit backtrace_frames{"max-backtrace", "frames", 64, 1024};
inline constexpr Limit code_size{"max-code-size", "bytes", 1ull << 30, (2ull << 30) - 65'536};  // of one module, baseline tier
inline constexpr Limit function_code_size{"max-function-code-size", "bytes", 256ull << 20, 256ull << 20};
inline constexpr Limit descriptors{"max-descriptors", "descriptors", 1000, 1'000'000};  // open at once in one guest
// Of one event, where a store serves one after another: bytes that host calls move in and out of guest memory; what it may write
// to stdout, and to stderr, when that is kept in memory.
inline constexpr Limit host_call_bytes{"max-host-call-bytes", "bytes", 256ull << 20, 1ull << 60};
inline constexpr Limit output_size{"max-output-size", "bytes", 16ull << 20, 4ull << 30};
inline constexpr Limit cache_size{"cache-size", "bytes", 1ull << 30, 1ull << 40};

}  // namespace mote::limits
