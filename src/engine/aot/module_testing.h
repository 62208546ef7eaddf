// Small binary modules for tests: functions of type [i32] -> [i32] (type 1 is [] -> [i32 × 1000], for blocks), one memory page, the
// first function exported as "f".
#pragma once

#include <cstdint>
#include <vector>

namespace mote::aot::testing {

using Code = std::vector<uint8_t>;

inline void append_leb(Code& to, uint64_t value) {
  do {
    const uint8_t low = value & 0x7f;
    value >>= 7;
    to.push_back(value != 0 ? low | 0x80 : low);
  } while (value != 0);
}
inline void append_section(Code& to, uint8_t id, const Code& content) {
  to.push_back(id);
  append_leb(to, content.size());
  to.insert(to.end(), content.begin(), content.end());
}

// Bodies begin with their locals and end with `end`.
inline Code make_module(const std::vector<Code>& bodies) {
  Code module{0, 'a', 's', 'm', 1, 0, 0, 0};
  Code types{2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0};
  append_leb(types, 1000);
  types.insert(types.end(), 1000, 0x7f);
  append_section(module, 1, types);
  Code funcs, code;
  append_leb(funcs, bodies.size());
  append_leb(code, bodies.size());
  for (const Code& body : bodies) {
    funcs.push_back(0);
    append_leb(code, body.size());
    code.insert(code.end(), body.begin(), body.end());
  }
  append_section(module, 3, funcs);
  append_section(module, 5, {1, 0, 1});
  append_section(module, 7, {1, 1, 'f', 0, 0});
  append_section(module, 10, code);
  return module;
}

}  // namespace mote::aot::testing
