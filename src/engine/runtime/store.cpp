// Store (store.h): creation of what it owns, and how a guest's end is remembered until the entry that it unwinds to picks it up.
#include "engine/runtime/store.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/runtime/task.h"
#include "engine/runtime/trampolines.h"
#include "engine/runtime/trap_handler.h"
#include "engine/runtime/unwind.h"
#include "engine/runtime/values.h"

#include <algorithm>

namespace mote::runtime {

static_assert(offsetof(code::StoreContext, interrupt) == 0);

Store::Store(std::shared_ptr<Engine> engine, StoreLimits limits) : engine_(std::move(engine)), limits_(limits) {
  limits_.memory_size_bytes = std::min(limits_.memory_size_bytes, limits::memory_size.hard);
  limits_.shared_memory_size_bytes = std::min(limits_.shared_memory_size_bytes, limits::shared_memory_size.hard);
  limits_.waiters = std::min(limits_.waiters, limits::waiters.hard);
  limits_.table_elements = std::min(limits_.table_elements, limits::table_elements.hard);
  limits_.instances = std::min(limits_.instances, limits::instances.hard);
  limits_.gc_heap_bytes = std::min(limits_.gc_heap_bytes, limits::gc_heap_size.hard);
  limits_.wasm_stack_bytes = std::min(limits_.wasm_stack_bytes, limits::wasm_stack.hard);
  context.epoch_deadline = UINT64_MAX;
  context.owner = this;
  stop_control_ = std::make_shared<StopControl>(context, waiter_);
}

Store::~Store() {
  ASSERT(task_ == nullptr);  // it runs on the stack
  stop_control_->detach();
  if (stack_) engine_->stacks().give(std::move(stack_));
}

Store& Store::of(const code::StoreContext& context) {
  return *static_cast<Store*>(context.owner);
}

Result<const os::GuestStack*> Store::stack() {
  if (!stack_) lend_stack(TRY(engine_->stacks().take(limits_.wasm_stack_bytes)));
  return &stack_;
}

void Store::lend_stack(os::GuestStack stack) {
  stack_ = std::move(stack);
  context.host_limit = stack_.host_limit();
  context.guard_low = stack_.guard_low();
  context.guard_high = stack_.guard_high();
  context.xbuf = reinterpret_cast<code::Value16*>(stack_.exchange_buffer());
  static_assert(code::xbuf_slots * sizeof(code::Value16) == os::GuestStack::exchange_size);
}

os::GuestStack Store::return_stack() {
  ASSERT(context.activation == nullptr && task_ == nullptr);
  return std::exchange(stack_, os::GuestStack());
}

Store::Extent Store::extent() const {
  return {.memories = memories_.size(),
          .tables = tables_.size(),
          .globals = globals_.size(),
          .tags = tags_.size(),
          .host_refs = host_refs_.size(),
          .instances = instances_.size(),
          .externrefs = externrefs_.size(),
          .host_roots = host_roots_.size()};
}

// Instances first: they refer to the others.
void Store::shrink_to(const Extent& extent) {
  instances_.resize(extent.instances);
  memories_.resize(extent.memories);
  tables_.resize(extent.tables);
  globals_.resize(extent.globals);
  tags_.resize(extent.tags);
  host_refs_.resize(extent.host_refs);
  for (size_t i = extent.externrefs; i < externrefs_.size(); ++i) externref_by_number_.erase(externrefs_[i]);
  externrefs_.resize(extent.externrefs);
  host_roots_.shrink_to(extent.host_roots);
}

// A heap that comes later than instances which only pass references on: theirs is the same from now on.
Result<Heap*> Store::require_heap() {
  if (heap_) return heap_.get();
  heap_ = TRY(Heap::create({.most_bytes = limits_.gc_heap_bytes, .is_zealous = limits_.gc_zeal}, context, engine_->types()));
  for (const auto& instance : instances_) instance->vmctx().gc_base = heap_->base();
  return heap_.get();
}

void Store::visit_roots(code::RootVisitor& visitor) {
  visit_frames(*this, visitor);
  for (const auto& instance : instances_) instance->visit_roots(visitor);
  for (const auto& table : tables_) {
    if (!table->is_func()) visitor.visit(static_cast<uint32_t*>(table->def()->base), table->size());
  }
  for (const auto& global : globals_) {
    if (global->type.type.is_ref() && !is_func_ref(engine_->types(), global->type.type)) {
      visitor.visit(reinterpret_cast<uint32_t*>(global->value->bytes), 1);
    }
  }
  for (LocalRoots* local = local_roots_; local != nullptr; local = local->outer_) {
    visitor.visit(local->references_.data(), local->references_.size());
  }
  host_roots_.visit(visitor);
}

LocalRoots::LocalRoots(Store& store, std::span<uint32_t> references)
    : store_(store), outer_(store.local_roots_), references_(references) {
  store.local_roots_ = this;
}
LocalRoots::~LocalRoots() {
  store_.local_roots_ = outer_;
}

Tag* Store::find_tag(uint32_t id) const {
  const auto found = std::ranges::find_if(tags_, [id](const auto& tag) { return tag->vm.id == id; });
  return found == tags_.end() ? nullptr : found->get();
}

void Store::stop_for_heap(Heap::Failure failure) {
  if (failure == Heap::Failure::stopped && is_to_stop()) return trap(code::TrapCode::interrupt);
  stop(Stop::trap(code::TrapCode::limit, format("{}: {} allows {} bytes of objects", code::words(code::TrapCode::limit),
                                                limits::gc_heap_size.name, limits_.gc_heap_bytes)));
}

void Store::raise(uint32_t exception) {
  if (!find_handler(*this, exception)) stop(Stop::thrown(host_roots_.add(exception)));
}

// References that the host function made end with it, but not the exception.
void Store::pass_on_exception(size_t host_roots_before) {
  if (!stop_ || stop_->kind != Stop::Kind::exception) return host_roots_.shrink_to(host_roots_before);
  const uint32_t exception = host_roots_.get(stop_->exception);
  host_roots_.shrink_to(host_roots_before);
  if (exception == 0) {
    stop_.reset();
    return trap(code::TrapCode::null_exception_reference);
  }
  if (find_handler(*this, exception)) {
    stop_.reset();
  } else {
    stop_->exception = host_roots_.add(exception);
  }
}

void Store::renew_stop_control() {
  ASSERT(context.activation == nullptr && task_ == nullptr);
  stop_control_->detach();
  context.interrupt.store(0, std::memory_order_relaxed);
  waiter_.renew();
  stop_control_ = std::make_shared<StopControl>(context, waiter_);
}

Result<Memory*> Store::add_memory(const wasm::MemoryType& type, code::MemoryMode mode) {
  return add_memory(type, mode, nullptr);
}

Result<Memory*> Store::add_memory(const wasm::MemoryType& type, code::MemoryMode mode, code::MemoryDef* def) {
  const Memory::Bounds bounds = {
      .size_bytes = limits_.memory_size_bytes, .shared_size_bytes = limits_.shared_memory_size_bytes, .waiters = limits_.waiters};
  memories_.push_back(TRY(Memory::create(type, mode, bounds, def, limits_.huge_pages && slabs_ == nullptr, slabs_.get())));
  return memories_.back().get();
}

Memory* Store::add_memory(std::shared_ptr<Memory> shared) {
  ASSERT(shared->parking_lot() != nullptr);
  Memory* const memory = shared.get();
  if (std::ranges::find(memories_, shared) == memories_.end()) memories_.push_back(std::move(shared));
  return memory;
}

std::shared_ptr<Memory> Store::share(Memory* memory) const {
  if (memory->parking_lot() == nullptr) return nullptr;
  return *std::ranges::find(memories_, memory, [](const auto& owned) { return owned.get(); });
}

Result<Table*> Store::add_table(const wasm::TableType& type, Ref initial) {
  return add_table(type, is_func_ref(engine_->types(), type.element), initial, nullptr);
}

Result<Table*> Store::add_table(const wasm::TableType& type, bool is_func, Ref initial, code::TableDef* def) {
  tables_.push_back(TRY(Table::create(type, is_func, limits_.table_elements, def)));
  Table* table = tables_.back().get();
  if (initial != 0) table->fill(0, initial, table->size());
  return table;
}

Global* Store::add_global(const wasm::GlobalType& type, code::Value16 value) {
  globals_.push_back(std::make_unique<Global>(Global{.type = type, .own_value = value}));
  globals_.back()->value = &globals_.back()->own_value;
  return globals_.back().get();
}

Tag* Store::add_tag(TypeId type) {
  tags_.push_back(std::make_unique<Tag>(Tag{.vm = {.id = next_tag_id_++, .type = type}}));
  return tags_.back().get();
}

const code::FuncRef* Store::add_func(std::shared_ptr<const HostFunc> func) {
  auto ref = std::make_unique<HostRef>();
  ref->func = std::move(func);
  ref->binding = {
      .magic = host_binding_magic, .type = ref->func->type, .store = &context, .func = ref->func.get(), .importer = nullptr};
  ref->ref = {.code = reinterpret_cast<const void*>(mote_host_call),
              .ctx = &ref->binding,
              .type = ref->func->type,
              .id = next_func_id(),
              .host = ref->func.get()};
  host_refs_.push_back(std::move(ref));
  return &host_refs_.back()->ref;
}

Result<Instance*> Store::add_instance(std::shared_ptr<const Module> module) {
  if (instances_.size() >= limits_.instances) {
    return fail(ErrorKind::limit, format("{}: this store may hold {} instances", limits::instances.name, limits_.instances));
  }
  if (module->needs_heap()) (void)TRY(require_heap());
  instances_.push_back(std::make_unique<Instance>(*this, std::move(module)));
  return instances_.back().get();
}

// The low bits tell other kinds of references apart (code/object_layout.h).
Result<Ref> Store::new_externref(uint64_t number) {
  if (const auto found = externref_by_number_.find(number); found != externref_by_number_.end()) return found->second;
  if (externrefs_.size() >= limits::externrefs.standard) {
    return fail(ErrorKind::limit, format("{}: this store holds {} references", limits::externrefs.name, externrefs_.size()));
  }
  externrefs_.push_back(number);
  const Ref reference = (externrefs_.size() - 1) << 2 | code::host_reference_bits;
  externref_by_number_.emplace(number, reference);
  return reference;
}

std::optional<uint64_t> Store::externref_number(Ref reference) const {
  if ((reference & code::reference_tag_mask) != code::host_reference_bits || reference >> 2 >= externrefs_.size())
    return std::nullopt;
  return externrefs_[reference >> 2];
}

void Store::set_epoch_deadline(uint64_t ticks_from_now) {
  const uint64_t now = engine_->epoch().load(std::memory_order_relaxed);
  context.epoch_deadline = ticks_from_now > UINT64_MAX - now ? UINT64_MAX : now + ticks_from_now;
}

bool Store::note_write(const void* address) const {
  for (const auto& memory : memories_) {
    if (memory->write_watch() != nullptr && memory->write_watch()->note_write_here(address)) return true;
  }
  return false;
}

bool Store::reserves(const void* address) const {
  for (const auto& memory : memories_) {
    if (memory->reserves(address)) return true;
  }
  return false;
}

// A trap that comes through from an inner guest has its frames already, up to the outermost entry.
void Store::stop(Stop reason) {
  if (reason.kind == Stop::Kind::trap && reason.code == code::TrapCode::interrupt && reason.message.empty()) {
    reason.message = interrupt_message();
  }
  if ((reason.kind == Stop::Kind::trap || reason.kind == Stop::Kind::exception) && reason.frames.empty()) {
    record_.is_first_exact = false;
    record_.count = 1;
    record_.pcs[0] = context.last_exit_pc;
    walk_frames(*this, context.last_exit_fp, record_);
    reason.frames = resolve(record_);
  }
  stop_ = std::move(reason);
}

// An order to preempt that reaches a guest outside of a task is for a task that has ended.
bool Store::obey_interrupt() {
  if ((context.interrupt.fetch_and(~code::interrupt_preempt, std::memory_order_relaxed) & code::interrupt_preempt) != 0 &&
      task_ != nullptr && !is_to_stop()) {
    task_->preempt();
  }
  if (!is_to_stop()) return true;
  if (!has_stop()) trap(code::TrapCode::interrupt);
  return false;
}

Stop Store::take_stop() {
  if (stop_) {
    Stop reason = std::move(*stop_);
    stop_.reset();
    return reason;
  }
  Stop reason = Stop::trap(record_.code, record_.code == code::TrapCode::interrupt ? interrupt_message() : std::string());
  reason.frames = resolve(record_);
  return reason;
}

// "interrupted: WHY" where whoever stopped the guest said why.
std::string Store::interrupt_message() const {
  const std::string reason = stop_control_->reason();
  return reason.empty() ? std::string() : format("{}: {}", code::words(code::TrapCode::interrupt), reason);
}

std::vector<StackFrame> Store::resolve(const TrapRecord& record) const {
  std::vector<StackFrame> frames;
  for (uint32_t i = 0; i < record.count; ++i) {
    if (record.pcs[i] == nullptr) continue;
    // A return address may be the first byte of the next function: look up the call before it.
    const void* pc = static_cast<const uint8_t*>(record.pcs[i]) - (i == 0 && record.is_first_exact ? 0 : 1);
    const code::Image* image = code::find_image(pc);
    if (image == nullptr) continue;
    const auto owner = std::ranges::find_if(instances_, [&](const auto& instance) { return &instance->module().image() == image; });
    const std::optional<code::PcInfo> info = image->find(pc);
    if (owner == instances_.end() || !info) continue;
    const Module& module = (*owner)->module();
    frames.push_back({.module = &module, .func = module.info().imported_funcs + info->func, .wasm_offset = info->wasm_offset});
  }
  return frames;
}

}  // namespace mote::runtime
