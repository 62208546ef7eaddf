// See mote/listing.h: walks the wasm body for its text, the machine code for its instructions, and joins them by the pc map.
#include "base/core/format.h"
#include "base/core/hash.h"
#include "engine/api/listing_context.h"
#include "engine/api/state.h"
#include "engine/disassembly/disassembler.h"
#include "engine/wasm/decode.h"
#include "engine/wasm/names.h"
#include "engine/wasm/print.h"
#include "engine/wasm/walk.h"

#include <mote/listing.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace mote {

namespace {

using disassembly::Disassembler;
using Flow = disassembly::Instruction::Flow;

// The reachable instructions of a body, as text.
struct WasmText {
  std::vector<WasmLine> lines;
  uint32_t depth = 0;
  void instruction(const wasm::Instruction& in) {
    using enum wasm::Opcode;
    const bool closes = in.op == end || in.op == else_;
    if (closes && depth > 0) --depth;
    lines.push_back({in.offset, depth, wasm::text(in)});
    if (in.op == block || in.op == loop || in.op == if_ || in.op == else_ || in.op == try_table) ++depth;
  }
};

// One image with what is known of its module.
class Lister {
 public:
  // `module` has bodies only when the wasm is at hand.
  Lister(const wasm::Module& module, const code::Image& image, std::function<std::string_view(uint32_t)> name,
         Disassembler& disassembler)
      : module_(module), image_(image), name_(std::move(name)), disassembler_(disassembler), notes_(module) {
    // Functions of the baseline tier need not ascend.
    const auto funcs = image.funcs();
    for (uint32_t own = 0; own < funcs.size(); ++own) by_offset_.push_back({funcs[own].offset, own});
    std::ranges::sort(by_offset_, {}, [](const Start& start) { return std::pair(start.offset, start.own); });
  }

  Result<void> list(const ListingOptions& options) {
    const std::vector<uint32_t> chosen = TRY(choose(options.func));
    if (options.on_start) {
      options.on_start({code::text(image_.key()), image_.text().size(), static_cast<uint32_t>(image_.funcs().size())});
    }
    for (const uint32_t own : chosen) {
      const FunctionListing listing = TRY(list_function(own));
      if (options.on_function) options.on_function(listing);
    }
    return {};
  }

 private:
  // Own-function indices.
  Result<std::vector<uint32_t>> choose(const std::string& wanted) const {
    const auto count = static_cast<uint32_t>(image_.funcs().size());
    std::vector<uint32_t> chosen;
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    const bool is_number = !wanted.empty() && error == std::errc() && end == wanted.data() + wanted.size();
    if (is_number && module_.is_imported(number) && number < module_.funcs.size()) {
      return fail(ErrorKind::not_found, format("function {} is imported: it has no code here", number));
    }
    for (uint32_t own = 0; own < count; ++own) {
      const uint32_t index = own + module_.imported_funcs;
      if (wanted.empty() || (is_number ? index == number : has_name(index, wanted))) chosen.push_back(own);
    }
    if (chosen.empty() && !wanted.empty()) {
      return fail(ErrorKind::not_found, format("has no function \"{}\": give a name or one of the indices {} to {}", wanted,
                                               module_.imported_funcs, module_.funcs.empty() ? 0 : module_.funcs.size() - 1));
    }
    return chosen;
  }

  bool has_name(uint32_t index, std::string_view wanted) const {
    if (name_(index) == wanted) return true;
    return std::ranges::any_of(module_.exports, [&](const wasm::Export& one) {
      return one.kind == wasm::ExternKind::func && one.index == index && one.name == wanted;
    });
  }

  std::string name_of(uint32_t index) const {
    if (const std::string_view name = name_(index); !name.empty()) return std::string(name);
    const auto found = std::ranges::find_if(
        module_.exports, [&](const wasm::Export& one) { return one.kind == wasm::ExternKind::func && one.index == index; });
    return found == module_.exports.end() ? std::string() : std::string(found->name);
  }

  Result<FunctionListing> list_function(uint32_t own) {
    const code::FuncEntry entry = image_.funcs()[own];
    FunctionListing out;
    out.index = own + module_.imported_funcs;
    out.name = name_of(out.index);
    out.type = wasm::text(module_.func_type(out.index));
    out.code_size = entry.size;
    WasmText wasm;
    if (!module_.bodies.empty()) {
      const wasm::Body& body = module_.bodies[own];
      out.wasm_offset = body.offset;
      out.wasm_size = body.size;
      TRY(wasm::walk(module_, out.index, wasm));
    }
    read_machine_code(entry, out);
    join(entry, wasm.lines, out);
    return out;
  }

  using LinesByTarget = std::map<uint32_t, std::vector<size_t>>;  // offset in the function: indices of lines

  void read_machine_code(code::FuncEntry entry, FunctionListing& out) {
    const Bytes code = image_.text().subspan(entry.offset, entry.size);
    std::vector<api::ContextNotes::Line> decoded;
    for (uint32_t at = 0; at < entry.size; at += decoded.back().in.size) {
      decoded.push_back({at, disassembler_.decode(code.subspan(at), at)});
    }
    std::vector<std::string> notes = notes_.note(decoded);
    LinesByTarget branches, throws;  // lines that go there; calls whose exceptions are caught there
    for (size_t i = 0; i < decoded.size(); ++i) {
      const auto& [at, in] = decoded[i];
      MachineLine line{.offset = at, .bytes = code.subspan(at, in.size), .text = in.mnemonic, .note = std::move(notes[i])};
      const bool is_inside = in.target && *in.target >= 0 && *in.target < entry.size && in.flow != Flow::call;
      if (is_inside) {
        branches[static_cast<uint32_t>(*in.target)].push_back(i);
      } else if (in.target) {
        line.text += " " + place_in_text(entry, *in.target, line.note);
      } else if (!in.operands.empty()) {
        line.text += " " + in.operands;
      }
      if (in.constant_at) line.note = constant(entry, *in.constant_at);
      if (in.trap) line.note = format("trap: {}", code::words(*in.trap));
      if (const auto pad = in.flow == Flow::call ? image_.handler(code.data() + at + in.size) : std::nullopt) {
        throws[static_cast<uint32_t>(static_cast<const uint8_t*>(pad->pad) - code.data())].push_back(i);
      }
      out.lines.push_back(std::move(line));
    }
    for (const auto& [pad, calls] : throws) branches.try_emplace(pad);
    set_labels(branches, out);
    note_pads(throws, out);
  }

  // Says at calls in a try_table where their exceptions go, and at those places what they are.
  static void note_pads(const LinesByTarget& throws, FunctionListing& out) {
    for (const auto& [pad, calls] : throws) {
      const auto at = std::ranges::lower_bound(out.lines, pad, {}, &MachineLine::offset);
      if (at == out.lines.end() || at->offset != pad || !at->label) continue;
      const auto say = [](MachineLine& line, const std::string& what) { line.note += (line.note.empty() ? "" : "; ") + what; };
      say(*at, "landing pad");
      for (const size_t call : calls) say(out.lines[call], format("throws to L{}", *at->label));
    }
  }

  // Numbers the targets of branches, in the order of the code.
  static void set_labels(const LinesByTarget& branches, FunctionListing& out) {
    uint32_t number = 0;
    for (const auto& [target, from] : branches) {
      const auto at = std::ranges::lower_bound(out.lines, target, {}, &MachineLine::offset);
      if (at == out.lines.end() || at->offset != target) {  // into the middle of what was read as an instruction
        for (const size_t line : from) out.lines[line].text += format(" +{:#x}", target);
        continue;
      }
      at->label = ++number;
      for (const size_t line : from) out.lines[line].text += format(" L{}", number);
    }
  }

  // Where a call or tail call goes: a function of this image.
  std::string place_in_text(code::FuncEntry entry, int64_t target, std::string& note) const {
    const int64_t offset = entry.offset + target;
    const auto after = std::ranges::upper_bound(by_offset_, offset, {}, &Start::offset);
    if (after == by_offset_.begin()) return format("text{:+#x}", offset);  // code that functions share
    const uint32_t index = (after - 1)->own + module_.imported_funcs;
    const int64_t into = offset - (after - 1)->offset;
    note = name_of(index);
    return into == 0 ? format("func[{}]", index) : format("func[{}]{:+#x}", index, into);
  }

  // A constant's place: in the function itself, or in the image's constants.
  std::string constant(code::FuncEntry entry, int64_t at) const {
    const int64_t offset = entry.offset + at;
    if (at >= 0 && at < entry.size) return format("+{:#x}", at);
    const Bytes text = image_.text();
    if (offset < 0 || offset + 8 > static_cast<int64_t>(text.size())) return {};
    return format("constant {:#018x}…", load_le<uint64_t>(text.data() + offset));
  }

  // Puts each wasm instruction before the machine code that was made for it.
  void join(code::FuncEntry entry, std::span<const WasmLine> wasm, FunctionListing& out) const {
    constexpr uint64_t none = UINT64_MAX;
    std::vector<uint64_t> offsets;
    for (const MachineLine& line : out.lines) {
      const auto info = image_.find(image_.text().data() + entry.offset + line.offset);
      offsets.push_back(info ? info->wasm_offset.value_or(none) : none);
    }
    const std::set<uint64_t> with_code(offsets.begin(), offsets.end());
    size_t shown = 0;  // instructions without code before this one were shown
    uint64_t in_force = none;
    for (size_t i = 0; i < out.lines.size(); ++i) {
      if (offsets[i] == in_force || offsets[i] == none) continue;
      in_force = offsets[i];
      MachineLine& line = out.lines[i];
      for (; shown < wasm.size() && wasm[shown].offset <= in_force; ++shown) {
        if (!with_code.contains(wasm[shown].offset)) line.wasm.push_back(wasm[shown]);
      }
      const auto at = std::ranges::lower_bound(wasm, in_force, {}, &WasmLine::offset);
      const bool is_known = at != wasm.end() && at->offset == in_force;
      line.wasm.push_back(is_known ? *at : WasmLine{in_force, 0, in_force == out.wasm_offset ? "(entry)" : ""});
    }
    for (; shown < wasm.size(); ++shown) {
      if (!with_code.contains(wasm[shown].offset)) out.rest.push_back(wasm[shown]);
    }
  }

  const wasm::Module& module_;
  const code::Image& image_;
  std::function<std::string_view(uint32_t)> name_;
  Disassembler& disassembler_;
  api::ContextNotes notes_;
  struct Start {
    int64_t offset;
    uint32_t own;
  };
  std::vector<Start> by_offset_;
};

Result<void> check_fit(const wasm::Module& module, const code::Image& image) {
  if (module.funcs.size() - module.imported_funcs == image.funcs().size()) return {};
  return fail(ErrorKind::bad_input, "the module is not the one that this code was made from");
}

}  // namespace

Result<void> list_code(const Module& module, std::span<const uint8_t> wasm, const ListingOptions& options) {
  const wasm::Module info = TRY(wasm::decode(wasm));
  const std::shared_ptr<const api::ModuleCode> code = module.state()->code();
  const code::Image& image = code->runtime().image();
  TRY(check_fit(info, image));
  const wasm::Names names = wasm::read_names(info);
  Disassembler disassembler = TRY(Disassembler::create());
  return Lister(info, image, [&](uint32_t index) { return names.function(index); }, disassembler).list(options);
}

Result<void> list_artifact(std::span<const uint8_t> artifact, std::span<const uint8_t> wasm, MemoryMode memory,
                           const ListingOptions& options) {
  const auto loaded = TRY(code::load_artifact({artifact.begin(), artifact.end()}));
  if (!wasm.empty() && sha256(wasm) != loaded->module_hash()) {
    return fail(ErrorKind::bad_input, "the module is not the one that this artifact was made from (its SHA-256 differs)");
  }
  const auto keys = loaded->keys();
  const auto mode = memory == MemoryMode::dense ? code::MemoryMode::dense : code::MemoryMode::guard;
  const auto wanted = std::ranges::find(keys, mode, &code::CodegenKey::memory);
  if (memory != MemoryMode::automatic && wanted == keys.end()) {
    return fail(ErrorKind::not_found, format("the artifact has no image for that memory mode, but: {}", code::text(keys.front())));
  }
  const auto image = TRY(loaded->image(memory == MemoryMode::automatic ? keys.front() : *wanted));
  const wasm::Module info =
      wasm.empty() ? TRY(wasm::decode(loaded->module_bytes(), wasm::Bodies::elsewhere)) : TRY(wasm::decode(wasm));
  TRY(check_fit(info, *image));
  Disassembler disassembler = TRY(Disassembler::create());
  return Lister(info, *image, [&](uint32_t index) { return loaded->func_name(index); }, disassembler).list(options);
}

}  // namespace mote
