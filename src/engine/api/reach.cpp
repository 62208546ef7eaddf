// reach_imports(): a breadth-first search over function bodies that are walked when they are reached. See mote/reach.h.
//
// Calls through types are bounded: a reference enters the bucket of its type and of each of its supertypes (at most
// limits::subtyping_depth), and a bucket is emptied when a call by that type is reached. Tested by reach_test.cpp.
#include "base/core/format.h"
#include "engine/api/state.h"
#include "engine/wasm/decode.h"
#include "engine/wasm/names.h"
#include "engine/wasm/walk.h"

#include <mote/reach.h>

#include <algorithm>
#include <deque>
#include <unordered_map>

namespace mote {
namespace {

using wasm::FuncIndex;
using wasm::Opcode;
using wasm::TypeIndex;

constexpr FuncIndex nobody = UINT32_MAX;

struct Edge {  // how a function was first reached
  FuncIndex from = nobody;
  ReachStep::By by = ReachStep::By::call;
  uint64_t offset = 0;
};

// A reference that a host can call when it gets it. What is external or a number is none.
bool may_carry_function(wasm::ValueType type) {
  if (!type.is_ref()) return false;
  const wasm::HeapType heap = type.heap();
  return heap.is_concrete() || (heap.abstract() != wasm::HeapType::extern_ && heap.abstract() != wasm::HeapType::noextern);
}

class Search {
 public:
  explicit Search(const wasm::Module& module) : module_(module), reached_(module.funcs.size()), is_taken_(module.funcs.size()) {}

  Result<void> run() {
    take_constants();
    if (module_.start) reach(*module_.start, {nobody, ReachStep::By::start, 0});
    for (const wasm::Export& one : module_.exports) {
      if (one.kind == wasm::ExternKind::func) reach(one.index, {nobody, ReachStep::By::exported, 0});
    }
    references_leave_ = do_references_leave();
    if (references_leave_) {
      for (const FuncIndex func : taken_) reach(func, {nobody, ReachStep::By::host, 0});
    }
    wasm::Walker walker(module_);
    while (!queue_.empty()) {
      from_ = queue_.front();
      queue_.pop_front();
      if (!module_.is_imported(from_)) TRY(wasm::walk(walker, from_, *this));
    }
    wasm::NullConsumer nothing;  // the rest is validated too
    for (FuncIndex func = module_.imported_funcs; func < module_.funcs.size(); ++func) {
      if (!is_reached(func)) TRY(wasm::walk(walker, func, nothing));
    }
    return {};
  }

  [[nodiscard]] bool is_reached(FuncIndex func) const { return reached_[func].has_value(); }
  [[nodiscard]] Edge edge(FuncIndex func) const { return reached_[func].value_or(Edge{}); }  // of one that is reached

  // The walker's consumer.
  void instruction(const wasm::Instruction& instruction) {
    switch (instruction.op) {  // NOLINT(clang-diagnostic-switch-enum): few of all opcodes name functions
      case Opcode::call:
      case Opcode::return_call:
        reach(instruction.index, {from_, ReachStep::By::call, instruction.offset});
        return;
      case Opcode::call_indirect:
      case Opcode::return_call_indirect:
        call_type(instruction.index2, instruction.offset);
        return;
      case Opcode::call_ref:
      case Opcode::return_call_ref:
        call_type(instruction.index, instruction.offset);
        return;
      case Opcode::ref_func:
        take(instruction.index);
        return;
      default:
        return;
    }
  }

 private:
  void reach(FuncIndex func, Edge edge) {
    if (is_reached(func)) return;
    reached_[func] = edge;
    queue_.push_back(func);
  }

  // A reference to it exists from here on.
  void take(FuncIndex func) {
    if (is_taken_[func]) return;
    is_taken_[func] = true;
    taken_.push_back(func);
    if (references_leave_) reach(func, {nobody, ReachStep::By::host, 0});
    for (std::optional<TypeIndex> type = module_.funcs[func]; type; type = module_.types[*type].supertype) {
      const TypeIndex canonical = module_.canonical[*type];
      if (const auto call = called_.find(canonical); call != called_.end()) {
        reach(func, call->second);
      } else {
        waiting_[canonical].push_back(func);
      }
    }
  }

  void call_type(TypeIndex type, uint64_t offset) {
    const TypeIndex canonical = module_.canonical[type];
    const Edge edge{from_, ReachStep::By::reference, offset};
    if (!called_.try_emplace(canonical, edge).second) return;
    const auto waiting = waiting_.find(canonical);
    if (waiting == waiting_.end()) return;
    for (const FuncIndex func : waiting->second) reach(func, edge);
    waiting_.erase(waiting);
  }

  void take_all(const wasm::ConstExpr& expression) {
    for (const wasm::ConstOp& op : expression) {
      if (op.kind == wasm::ConstOp::ref_func) take(op.index);
    }
  }

  void take_constants() {
    for (const wasm::ElementSegment& segment : module_.elements) {
      if (segment.mode == wasm::SegmentMode::declarative) continue;
      for (const FuncIndex func : segment.funcs) take(func);
      for (const wasm::ConstExpr& expression : segment.exprs) take_all(expression);
    }
    for (const wasm::Global& global : module_.globals) take_all(global.init);
    for (const wasm::Table& table : module_.tables) take_all(table.init);
  }

  [[nodiscard]] bool do_references_leave() const {
    const auto any = [](const std::vector<wasm::ValueType>& types) { return std::ranges::any_of(types, may_carry_function); };
    // Tags are not told apart: what one carries, a host may catch.
    for (const wasm::TagType& tag : module_.tags) {
      if (any(module_.types[tag.type].func.params)) return true;
    }
    for (uint32_t i = 0; i < module_.imported_tables; ++i) {
      if (may_carry_function(module_.tables[i].type.element)) return true;
    }
    for (uint32_t i = 0; i < module_.imported_globals; ++i) {
      if (may_carry_function(module_.globals[i].type.type)) return true;
    }
    for (FuncIndex i = 0; i < module_.imported_funcs; ++i) {
      if (any(module_.func_type(i).params)) return true;
    }
    return std::ranges::any_of(module_.exports, [&](const wasm::Export& one) {
      switch (one.kind) {
        case wasm::ExternKind::func:
          return any(module_.func_type(one.index).results);
        case wasm::ExternKind::table:
          return may_carry_function(module_.tables[one.index].type.element);
        case wasm::ExternKind::global:
          return may_carry_function(module_.globals[one.index].type.type);
        case wasm::ExternKind::memory:
        case wasm::ExternKind::tag:
          return false;
      }
      return false;
    });
  }

  const wasm::Module& module_;
  std::vector<std::optional<Edge>> reached_;
  std::deque<FuncIndex> queue_;
  FuncIndex from_ = nobody;  // the body being walked
  bool references_leave_ = false;
  std::vector<bool> is_taken_;
  std::vector<FuncIndex> taken_;
  std::unordered_map<TypeIndex, std::vector<FuncIndex>> waiting_;  // by canonical type, for a call by it
  std::unordered_map<TypeIndex, Edge> called_;                     // canonical types that reached code calls, and where
};

class FunctionNames {
 public:
  explicit FunctionNames(const wasm::Module& module) : module_(module), names_(wasm::read_function_names(module)) {
    for (const wasm::Export& one : module.exports) {
      if (one.kind == wasm::ExternKind::func) exported_.try_emplace(one.index, one.name);
    }
    for (const wasm::Import& one : module.imports) {
      if (one.kind == wasm::ExternKind::func) imported_.push_back(&one);
    }
  }
  [[nodiscard]] std::string of(FuncIndex func) const {
    if (module_.is_imported(func)) return format("{}.{}", imported_[func]->module, imported_[func]->name);
    if (const std::string_view name = wasm::find_name(names_, func); !name.empty()) return std::string(name);
    if (const auto exported = exported_.find(func); exported != exported_.end()) return std::string(exported->second);
    return format("func[{}]", func);
  }

 private:
  const wasm::Module& module_;
  std::vector<wasm::Name> names_;
  std::unordered_map<FuncIndex, std::string_view> exported_;
  std::vector<const wasm::Import*> imported_;
};

// From the root down. Longer ones, which no reader follows, lose their middle.
std::vector<ReachStep> path_to(const Search& search, const FunctionNames& names, FuncIndex func) {
  constexpr size_t longest = 64;
  std::vector<ReachStep> path;
  for (FuncIndex at = func; at != nobody; at = search.edge(at).from) {
    if (path.size() == longest) path.erase(path.end() - 1);
    path.push_back({search.edge(at).by, at, names.of(at), search.edge(at).offset});
  }
  std::ranges::reverse(path);
  return path;
}

}  // namespace

Result<std::vector<ReachedImport>> reach_imports(std::span<const uint8_t> wasm) {
  if (code::looks_like_artifact(wasm))
    return fail(ErrorKind::unsupported,
                "is an artifact, which does not have the module's code; give the .wasm that it was made from");
  if (auto other = api::other_format(wasm)) return std::unexpected(std::move(*other));
  const wasm::Module module = TRY(wasm::decode(wasm));
  Search search(module);
  TRY(search.run());
  const FunctionNames names(module);
  const std::vector<ImportInfo> infos = api::imports_of(module);
  std::vector<ReachedImport> reached;
  for (size_t i = 0; i < infos.size(); ++i) {
    const wasm::Import& import = module.imports[i];
    ReachedImport one{.import = infos[i], .is_reachable = true, .offset = import.offset};
    if (import.kind == wasm::ExternKind::func) {
      one.is_reachable = search.is_reached(import.index);
      if (one.is_reachable) one.path = path_to(search, names, import.index);
    }
    reached.push_back(std::move(one));
  }
  return reached;
}

}  // namespace mote
