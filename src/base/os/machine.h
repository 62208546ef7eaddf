// What this process finds around it: the machine's size, environment variables, random bytes. Tested by machine_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <mote/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::os {

[[nodiscard]] uint64_t memory_size_bytes();    // physical
[[nodiscard]] uint64_t address_space_bytes();  // what this process may map: RLIMIT_AS, at most 2^47
[[nodiscard]] uint32_t cpu_count();            // usable by this process

// What this process takes, by the kernel's account; 0 where that cannot be read.
[[nodiscard]] uint64_t resident_bytes();
[[nodiscard]] uint64_t page_table_bytes();
[[nodiscard]] uint64_t page_faults_of_thread();  // of the calling one, so far

[[nodiscard]] std::optional<std::string> environment_variable(const char* name);
[[nodiscard]] std::vector<std::string> environment();  // all of it, "NAME=value"
// As many files may be open as this process may ask for (the soft limit becomes the hard one).
void allow_all_descriptors();
[[nodiscard]] uint32_t user_id();

[[nodiscard]] Result<void> fill_random(MutableBytes into);  // from the kernel, for keys

}  // namespace mote::os
