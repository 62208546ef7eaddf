// Readers of .llvm_stackmaps (LLVM's "Stack maps and patch points", version 3) and .gcc_except_table (the Itanium C++ ABI's
// language-specific data area). See link_unwind.h.
#include "engine/aot/link_unwind.h"

#include "base/core/format.h"
#include "engine/aot/link_reader.h"

namespace mote::aot {

namespace {

std::unexpected<Error> bad(const char* section, uint64_t at, const char* what) {
  return fail(ErrorKind::internal, format("linker: {} at {:#x}: {}", section, at, what));
}

// One value that a stack map tells.
struct Location {
  enum Kind : uint8_t { in_register = 1, direct = 2, indirect = 3, constant = 4, constant_index = 5 };
  uint8_t kind;
  uint16_t register_number;
  int32_t value;  // offset, or the constant
};

class StackMaps {
 public:
  StackMaps(Bytes section, std::vector<code::RootArea>& roots, std::vector<FrameSize>& sizes)
      : in_(section, 0, section.size()), roots_(roots), sizes_(sizes) {}

  // A section of one object; the objects' own sections follow each other nowhere, so there is one header.
  Result<void> run() {
    if (in_.fixed<uint8_t>() != 3) return bad(name, 0, "not version 3");
    in_.skip(3);
    const auto funcs = in_.fixed<uint32_t>(), constants = in_.fixed<uint32_t>(), records = in_.fixed<uint32_t>();
    if (funcs != records) return bad(name, in_.at(), "not one record a function");
    std::vector<uint64_t> frame_bytes;
    for (uint32_t i = 0; i < funcs && !in_.is_done(); ++i) {
      in_.skip(8);  // the function's address
      frame_bytes.push_back(in_.fixed<uint64_t>());
      if (in_.fixed<uint64_t>() != 1) return bad(name, in_.at(), "not one record a function");
    }
    in_.skip(uint64_t{8} * constants);
    for (uint32_t i = 0; i < records && !in_.has_failed(); ++i) TRY(read_record(frame_bytes[i]));
    return in_.has_failed() ? Result<void>(bad(name, in_.at(), "ends inside a record")) : Result<void>();
  }

 private:
  static constexpr const char* name = ".llvm_stackmaps";
  static constexpr uint16_t rbp = 6;
  static constexpr uint64_t saved_fp_bytes = 8;

  Result<void> read_record(uint64_t stack_bytes) {
    const auto func = static_cast<uint32_t>(in_.fixed<uint64_t>());
    in_.skip(4 + 2);  // where in the function; flags
    const auto count = in_.fixed<uint16_t>();
    if (count % 2 != 0) return bad(name, in_.at(), "not pairs of an array and its length");
    for (uint32_t i = 0; i < count && !in_.has_failed(); i += 2) {
      const Location array = read_location(), length = read_location();
      if (array.kind != Location::direct || array.register_number != rbp) return bad(name, in_.at(), "an array outside the frame");
      if (length.kind != Location::constant) return bad(name, in_.at(), "no length");
      roots_.push_back({func, array.value, static_cast<uint32_t>(length.value)});
    }
    align();
    in_.skip(2);
    in_.skip(uint64_t{4} * in_.fixed<uint16_t>());  // registers that are live
    align();
    // The frame pointer's own slot counts as part of the frame.
    if (stack_bytes < saved_fp_bytes || stack_bytes > INT32_MAX) return bad(name, in_.at(), "a frame without a fixed size");
    sizes_.push_back({func, static_cast<uint32_t>(stack_bytes - saved_fp_bytes)});
    return {};
  }

  Location read_location() {
    Location location{};
    location.kind = in_.fixed<uint8_t>();
    in_.skip(1 + 2);
    location.register_number = in_.fixed<uint16_t>();
    in_.skip(2);
    location.value = in_.fixed<int32_t>();
    return location;
  }
  void align() { in_.skip((8 - in_.at() % 8) % 8); }

  Reader in_;
  std::vector<code::RootArea>& roots_;
  std::vector<FrameSize>& sizes_;
};

}  // namespace

Result<void> read_stackmaps(Bytes section, std::vector<code::RootArea>& roots, std::vector<FrameSize>& sizes) {
  return StackMaps(section, roots, sizes).run();
}

Result<void> read_handlers(Bytes section, const HandlerTable& table, uint32_t frame_bytes,
                           std::vector<code::HandlerRange>& ranges) {
  constexpr const char* name = ".gcc_except_table";
  constexpr uint8_t omitted = 0xff, uleb_encoding = 0x01;
  Reader in(section, table.at, section.size());
  if (in.fixed<uint8_t>() != omitted) return bad(name, table.at, "landing pads that do not count from the function's start");
  if (in.fixed<uint8_t>() != omitted) (void)in.uleb();  // types: ours are none
  if (in.fixed<uint8_t>() != uleb_encoding) return bad(name, table.at, "call sites of another encoding");
  const uint64_t size = in.uleb(), end = in.at() + size;
  while (!in.is_done() && in.at() < end) {
    const uint64_t start = in.uleb(), length = in.uleb(), pad = in.uleb();
    (void)in.uleb();  // action: every pad takes everything
    if (pad == 0) continue;
    ranges.push_back({static_cast<uint32_t>(table.func + start), static_cast<uint32_t>(length),
                      static_cast<uint32_t>(table.func + pad), -static_cast<int32_t>(frame_bytes)});
  }
  return in.has_failed() ? Result<void>(bad(name, in.at(), "ends inside a call site")) : Result<void>();
}

}  // namespace mote::aot
