// What the opaque handles of mote.h are, and what every file of this room says in the same way: NULL is refused by the parameter's
// name, outputs are emptied first, callbacks and their data are owned together. Tested by capi_test.c.
#pragma once

#include <mote/compiler.h>
#include <mote/linker.h>
#include <mote/task.h>

#include <mote.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// NOLINTBEGIN(readability-identifier-naming): the names of mote.h
struct mote_failure_t {
  explicit mote_failure_t(mote::Failure of) : failure(std::move(of)), text(failure.text()) {
    if (failure.kind == mote::Failure::Kind::exit) message = text;
  }
  const mote::Failure failure;
  const std::string text;
  std::string message;  // of an exit, which has none of its own
};
struct mote_engine_t {
  mote::Engine engine;
  mote::Compiler compiler;
  std::vector<mote::Engine::Setting> settings;
};
struct mote_buffer_t {
  std::vector<uint8_t> bytes;
};
struct mote_module_t {
  explicit mote_module_t(mote::Module of) : module(std::move(of)) {}
  const mote::Module module;
  // Made when first asked for.
  mutable std::mutex mutex;
  mutable std::optional<std::vector<mote::ImportInfo>> imports;
  mutable std::optional<std::vector<mote::ExportInfo>> exports;
};
// What Store::data() is for every store that C knows: one of its own, that of a lease, or none that it may touch (while a pool
// initializes).
struct mote_store_t {
  mote_store_t(const mote::Engine& of, mote::Store with) : engine(of), own(std::move(with)), store(&*own) { own->set_data(this); }
  explicit mote_store_t(const mote::Engine& of, mote::Store* of_lease = nullptr) : engine(of), store(of_lease) {}
  const mote::Engine engine;
  std::optional<mote::Store> own;
  mote::Store* store;
  void* data = nullptr;
};
struct mote_stopper_t {
  mote::Stopper stopper;
};
struct mote_shared_memory_t {
  mote::SharedMemory memory;
};
struct mote_linker_t {
  mote::Engine engine;
  mote::Linker linker;
};
struct mote_task_t {
  mote::Task task;
  bool is_running = false;
};
struct mote_caller_t {
  mote::Caller& caller;
};
// NOLINTEND(readability-identifier-naming)

namespace mote::capi {

// Data of a callback, destroyed with the last that may call it.
class Owned {
 public:
  Owned(void* data, mote_destroy_t destroy) : data_(data), destroy_(destroy) {}
  Owned(Owned&& from) noexcept : data_(from.data_), destroy_(std::exchange(from.destroy_, nullptr)) {}
  Owned& operator=(Owned&&) = delete;
  ~Owned() {
    if (destroy_ != nullptr) destroy_(data_);
  }
  [[nodiscard]] void* data() const { return data_; }

 private:
  void* data_;
  mote_destroy_t destroy_;
};

// A callback with its data as a function of C++; empty when `callback` is NULL.
template <class... Args>
[[nodiscard]] std::function<void(Args...)> function_of(void (*callback)(void*, Args...), Owned owned) {
  if (callback == nullptr) return {};
  return [callback, shared = std::make_shared<const Owned>(std::move(owned))](Args... args) { callback(shared->data(), args...); };
}

// Objects cross the border as pointers that the caller owns.
template <class T, class... Args>
[[nodiscard]] T* hand_over(Args&&... args) {
  return std::make_unique<T>(T{std::forward<Args>(args)...}).release();
}
template <class T>
void take_back(T* object) {
  (void)std::unique_ptr<T>(object);
}

// Failures. success is what mote.h says it is.
inline constexpr mote_failure_t* success = nullptr;
[[nodiscard]] mote_failure_t* failed(Failure failure);
[[nodiscard]] inline mote_failure_t* failed(Error error) {
  return failed(Failure(std::move(error)));
}
[[nodiscard]] inline mote_failure_t* outcome(Result<void> result) {
  return result ? success : failed(std::move(result.error()));
}
[[nodiscard]] Failure taken(mote_failure_t* failure);  // of a host function
[[nodiscard]] mote_failure_t* missing(const char* parameter);

// Whether nothing was handed in where something is needed.
template <class T>
[[nodiscard]] bool is_missing(T* pointer) {
  return pointer == nullptr;
}
[[nodiscard]] inline bool is_missing(mote_string_t string) {
  return string.data == nullptr && string.size != 0;
}
[[nodiscard]] inline bool is_missing(mote_bytes_t bytes) {
  return bytes.data == nullptr && bytes.size != 0;
}
template <class Handle>
  requires requires(Handle handle) { handle.private_handle; }
[[nodiscard]] bool is_missing(Handle handle) {
  return handle.private_handle == nullptr || handle.private_store == nullptr;
}

// Handles of a store, there and back: those of C++ are two pointers, too.
template <class CHandle, class Handle>
[[nodiscard]] CHandle to_c(const Handle& from) {
  return {from.handle, from.store};
}
template <class Handle, class CHandle>
[[nodiscard]] Handle from_c(CHandle from) {
  Handle handle;
  handle.handle = static_cast<decltype(handle.handle)>(from.private_handle);
  handle.store = static_cast<Store::State*>(from.private_store);
  return handle;
}
[[nodiscard]] inline Func cpp(mote_func_t from) {
  return from_c<Func>(from);
}
[[nodiscard]] inline Memory cpp(mote_memory_t from) {
  return from_c<Memory>(from);
}
[[nodiscard]] inline Table cpp(mote_table_t from) {
  return from_c<Table>(from);
}
[[nodiscard]] inline Global cpp(mote_global_t from) {
  return from_c<Global>(from);
}
[[nodiscard]] inline Tag cpp(mote_tag_t from) {
  return from_c<Tag>(from);
}
[[nodiscard]] inline Instance cpp(mote_instance_t from) {
  return from_c<Instance>(from);
}

// What can fail, and its result as a handle in `out`, made by `make`.
template <class R, class Out, class Make>
[[nodiscard]] mote_failure_t* give(R result, Out* out, Make make) {
  if (!result) return failed(std::move(result.error()));
  *out = make(std::move(*result));
  return success;
}

// Strings and bytes.
[[nodiscard]] inline std::string_view view(mote_string_t string) {
  return {string.data, string.size};
}
[[nodiscard]] inline std::span<const uint8_t> view(mote_bytes_t bytes) {
  return {bytes.data, bytes.size};
}
[[nodiscard]] inline mote_string_t lent(const std::string& string) {
  return {string.c_str(), string.size()};
}
// A path that ends where it says: a zero byte within would name another file.
[[nodiscard]] Result<std::string> path_of(mote_string_t string);

}  // namespace mote::capi

// A parameter that must be there, in a function that can fail.
#define MOTE_NEED(parameter) \
  if (::mote::capi::is_missing(parameter)) return ::mote::capi::missing(#parameter)
// An output that must be there; empty until the function succeeds.
#define MOTE_OUTPUT(parameter) \
  MOTE_NEED(parameter);        \
  *(parameter) = {}
