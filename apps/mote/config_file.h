// `--config FILE`: the keys of the option groups, as a TOML file with a table for each group, the way wasmtime's own file has them.
//
//     [wasm]
//     fuel = 1000000
//     max-memory-size = "64M"
//
// What the command line says wins. Tested by config_file_test.cpp and tests/cases/config.case.
#pragma once

#include <mote/result.h>

#include <functional>
#include <string>
#include <string_view>

namespace mote::cli {

// Hands each key on, as its group's letter and "NAME=VALUE", in the order of the file. Errors: what `apply` fails with and whatever
// else is wrong, a line each, with FILE:LINE:COLUMN.
[[nodiscard]] Result<void> read_config(const std::string& path,
                                       const std::function<Result<void>(char group, std::string_view item)>& apply);

}  // namespace mote::cli
