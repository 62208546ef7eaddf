// The scan (prescan.h): opcodes are told apart by what follows them only.
#include "engine/baseline/prescan.h"

#include <algorithm>

namespace mote::baseline {

namespace {

constexpr uint32_t no_loop = UINT32_MAX;
constexpr uint32_t deepest_weighted_loop = 4;
constexpr uint8_t vector_prefix = 0xfd;

enum class Shape : uint8_t {
  none,
  leb,
  leb2,
  memarg,
  f32,
  f64,
  local,
  local_set,
  block,
  loop,
  if_,
  end,
  call0,
  call,
  call2,
  br_table,
  select_t,
  try_table,
  prefix_fb,
  prefix_fc,
  prefix_fd,
  prefix_fe,
  stop,
};

constexpr std::array<Shape, 256> shapes = [] {
  std::array<Shape, 256> table{};
  const auto fill = [&](uint32_t first, uint32_t last, Shape shape) {
    for (uint32_t i = first; i <= last; ++i) table[i] = shape;
  };
  table[0x02] = Shape::block;
  table[0x03] = Shape::loop;
  table[0x04] = Shape::if_;
  fill(0x06, 0x09, Shape::stop);
  table[0x08] = Shape::call;   // throw
  table[0x0a] = Shape::call0;  // throw_ref
  table[0x0b] = Shape::end;
  table[0x0c] = table[0x0d] = Shape::leb;
  table[0x0e] = Shape::br_table;
  table[0x10] = table[0x14] = Shape::call;
  table[0x11] = Shape::call2;
  table[0x12] = table[0x15] = Shape::leb;  // tail calls end the function
  table[0x13] = Shape::leb2;
  fill(0x16, 0x19, Shape::stop);
  table[0x1c] = Shape::select_t;
  fill(0x1d, 0x1e, Shape::stop);
  table[0x1f] = Shape::try_table;
  table[0x20] = Shape::local;
  table[0x21] = table[0x22] = Shape::local_set;
  fill(0x23, 0x26, Shape::leb);
  table[0x27] = Shape::stop;
  fill(0x28, 0x3e, Shape::memarg);
  fill(0x3f, 0x42, Shape::leb);
  table[0x43] = Shape::f32;
  table[0x44] = Shape::f64;
  fill(0xc5, 0xff, Shape::stop);
  table[0xd0] = table[0xd2] = table[0xd5] = table[0xd6] = Shape::leb;
  table[0xd1] = table[0xd3] = table[0xd4] = Shape::none;
  table[0xfb] = Shape::prefix_fb;
  table[0xfc] = Shape::prefix_fc;
  table[vector_prefix] = Shape::prefix_fd;
  table[0xfe] = Shape::prefix_fe;
  return table;
}();

// The most frequent opcodes: how many bytes they have when each integer is short, and the bits of their second and third byte that
// are zero then. They tell nothing but whether memory is used, or a local.
struct Simple {
  uint8_t size = 0;
  bool accesses = false, is_local = false, is_set = false;
  uint16_t long_bits = 0;
};
constexpr std::array<Simple, 256> simples = [] {
  std::array<Simple, 256> table{};
  for (uint32_t op = 0; op < 256; ++op) {
    const bool is_set = shapes[op] == Shape::local_set, is_local = is_set || shapes[op] == Shape::local;
    if (shapes[op] == Shape::none) table[op] = {.size = 1};
    if (shapes[op] == Shape::leb) table[op] = {.size = 2, .long_bits = 0x0080};
    if (is_local) table[op] = {.size = 2, .is_local = true, .is_set = is_set, .long_bits = 0x0080};
    // A memory's index follows if bit 6 of the first byte is set.
    if (shapes[op] == Shape::memarg) table[op] = {.size = 3, .accesses = true, .long_bits = 0x80c0};
  }
  return table;
}();

// Bytes of the body; reads past the end give zeros and end the scan.
struct Cursor {
  const uint8_t *at, *end;

  uint32_t u32() {
    if (at != end && *at < 0x80) return *at++;
    uint32_t value = 0;
    for (uint32_t shift = 0; at != end; shift += 7) {
      const uint8_t byte = *at++;
      if (shift < 32) value |= static_cast<uint32_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return value;
  }
  void leb() {
    while (at != end) {
      if (*at++ < 0x80) return;
    }
  }
  void skip(uint64_t bytes) { at += std::min<uint64_t>(bytes, static_cast<uint64_t>(end - at)); }
  void memarg() {
    const uint32_t flags = u32();
    if ((flags & 0x40) != 0) leb();
    leb();
  }
  void prefix_fc() {
    const uint32_t op = u32();
    if (op < 8) return;
    leb();
    if (op == 8 || op == 10 || op == 12 || op == 14) leb();
  }
  // Whether it may make an object, which treats registers as a call does.
  bool prefix_fb() {
    const uint32_t op = u32();
    if (op == 24 || op == 25) {  // br_on_cast: flags, label, two heap types
      skip(1);
      leb();
      leb();
      leb();
    } else if (op <= 23 && op != 15) {
      leb();
      const bool has_two = (op >= 2 && op <= 5) || (op >= 8 && op <= 10) || (op >= 17 && op <= 19);
      if (has_two) leb();
    }
    return op <= 1 || (op >= 6 && op <= 10);
  }
  void prefix_fd() {
    const uint32_t op = u32();
    if (op <= 11 || op == 92 || op == 93) return memarg();
    if (op == 12 || op == 13) return skip(16);
    if (op >= 21 && op <= 34) return skip(1);
    if (op >= 84 && op <= 91) {
      memarg();
      skip(1);
    }
  }
  void prefix_fe() {
    if (u32() == 3) return skip(1);
    memarg();
  }
  // One byte, an index, or a reference with its heap type.
  void value_type() {
    const bool has_heap_type = at != end && (*at == 0x63 || *at == 0x64);
    if (has_heap_type) ++at;
    leb();
  }
};

}  // namespace

[[gnu::always_inline]] inline void Prescan::use(uint32_t local, bool is_set) {
  named_locals_ = std::max(named_locals_, local + 1);
  const uint64_t mask = 1ull << (local & 63);
  used_ |= mask;
  if (is_set) set_ |= mask;
  if (local < counted_locals) weights_[local] += loop_weight_;
}

void Prescan::begin_block(bool is_loop, uint64_t offset) {
  blocks_.push_back(is_loop ? static_cast<uint32_t>(loops_.size()) : no_loop);
  if (!is_loop) return;
  loops_.push_back({.offset = offset});
  outer_.push_back({used_, set_, called_, accessed_});
  used_ = set_ = 0;
  called_ = accessed_ = false;
  if (++loop_depth_ <= deepest_weighted_loop) loop_weight_ *= 8;
}

void Prescan::end_block() {
  const uint32_t index = blocks_.back();
  blocks_.pop_back();
  if (index == no_loop) return;
  Loop& loop = loops_[index];
  loop.used = used_;
  loop.set = set_;
  loop.has_call = called_;
  loop.has_memory = accessed_;
  const Outer outer = outer_.back();
  outer_.pop_back();
  used_ |= outer.used;
  set_ |= outer.set;
  called_ |= outer.called;
  accessed_ |= outer.accessed;
  if (loop_depth_-- <= deepest_weighted_loop) loop_weight_ /= 8;
}

void Prescan::scan(Bytes body) {
  std::fill_n(weights_.begin(), std::min(named_locals_, counted_locals), 0);
  named_locals_ = loop_depth_ = 0;
  loop_weight_ = 1;
  has_vectors_ = called_ = accessed_ = false;
  is_complete_ = false;
  loops_.clear();
  blocks_.clear();
  outer_.clear();
  used_ = set_ = 0;
  const uint8_t* at = body.data();
  const uint8_t* const end = at + body.size();
  Cursor in{at, end};
  for (; at != end; at = in.at) {
    while (end - at >= 3) {
      const Simple simple = simples[*at];
      if (simple.size == 0 || (load_le<uint16_t>(at + 1) & simple.long_bits) != 0) break;
      accessed_ |= simple.accesses;
      if (simple.is_local) use(at[1], simple.is_set);
      at += simple.size;
    }
    if (at == end) break;
    in.at = at;
    const auto offset = static_cast<uint64_t>(at - body.data());
    switch (shapes[*in.at++]) {
      case Shape::none:
        break;
      case Shape::leb:
        in.leb();
        break;
      case Shape::leb2:
        in.leb();
        in.leb();
        break;
      case Shape::memarg:
        accessed_ = true;
        in.memarg();
        break;
      case Shape::f32:
        in.skip(4);
        break;
      case Shape::f64:
        in.skip(8);
        break;
      case Shape::local:
        use(in.u32(), false);
        break;
      case Shape::local_set:
        use(in.u32(), true);
        break;
      case Shape::block:
      case Shape::if_:
        in.value_type();
        begin_block(false, offset);
        break;
      case Shape::loop:
        in.value_type();
        begin_block(true, offset);
        break;
      case Shape::end:
        if (blocks_.empty()) {
          is_complete_ = in.at == in.end;
          return;
        }
        end_block();
        break;
      case Shape::try_table:
        in.value_type();
        begin_block(false, offset);
        for (uint64_t i = 0, count = in.u32(); i < count && in.at != in.end; ++i) {
          if (in.u32() < 2) in.leb();  // a tag
          in.leb();
        }
        break;
      case Shape::call0:
        called_ = true;
        break;
      case Shape::call:
        called_ = true;
        in.leb();
        break;
      case Shape::call2:
        called_ = true;
        in.leb();
        in.leb();
        break;
      case Shape::br_table:
        for (uint64_t i = 0, count = uint64_t{in.u32()} + 1; i < count && in.at != in.end; ++i) in.leb();
        break;
      case Shape::select_t:
        in.leb();
        in.value_type();
        break;
      case Shape::prefix_fb:
        called_ |= in.prefix_fb();
        break;
      case Shape::prefix_fc:
        in.prefix_fc();
        break;
      case Shape::prefix_fd:
        has_vectors_ = true;
        accessed_ = true;
        in.prefix_fd();
        break;
      case Shape::prefix_fe:
        accessed_ = true;
        in.prefix_fe();
        break;
      case Shape::stop:
        in.at = in.end;
        break;
    }
  }
  while (!blocks_.empty()) end_block();
  has_vectors_ |= std::ranges::find(body, vector_prefix) != body.end();  // what was not seen
}

}  // namespace mote::baseline
