// Loads artifacts: checks first, then maps.
//
// Nothing in the file is believed before it was checked: head and body by their checksums and by bounds. Checks cost one pass
// over the file (XXH3, beyond 10 GB/s) and one over the function and frame tables of an image that is asked for, so that lookups
// in signal handlers can rely on their order. No allocation depends on the file.
// The loader must be safe for any bytes; that compiled code in it is harmless is a matter of trust in the file (docs/internals/
// artifact.md). Tested by artifact_test.cpp, fuzz/artifact.cpp.
#include "base/core/format.h"
#include "base/core/hash.h"
#include "base/os/memory_map.h"
#include "engine/code/abi.h"
#include "engine/code/artifact_format.h"
#include "engine/code/image.h"
#include "engine/code/image_mapped.h"

#include <mote/limits.h>

#include <algorithm>
#include <mutex>

namespace mote::code {

namespace {

constexpr const char* remedy = "compile the module again";

std::unexpected<Error> corrupt(const char* what) {
  return fail(ErrorKind::bad_input, format("corrupt: {}; {}", what, remedy));
}

// Whether a range lies inside [from, to), without overflow.
bool lies_in(FileRange range, uint64_t from, uint64_t to) {
  return range.offset >= from && range.offset <= to && range.size <= to - range.offset;
}

template <class T>
std::span<const T> array_at(Bytes bytes, uint64_t offset, uint64_t count) {
  return {reinterpret_cast<const T*>(bytes.data() + offset), count};
}

// Whether rows ascend without overlap and end at or before `end`.
template <class Row>
bool ascends(std::span<const Row> rows, uint64_t end) {
  uint64_t at = 0;
  for (const Row& row : rows) {
    if (row.offset < at) return false;
    at = uint64_t{row.offset} + row.size;
  }
  return at <= end;
}

Result<void> check_image_head(const ImageHead& image, uint64_t file_size) {
  uint64_t size = image.all.size;
  bool is_good = lies_in(image.all, head_end, file_size) && image.all.offset % artifact_alignment == 0 && image.text_size <= size &&
                 image.text_size <= INT32_MAX && image.rodata_offset <= image.text_size &&
                 (image.rodata_offset % artifact_alignment == 0 || image.rodata_offset == image.text_size) &&
                 image.func_count <= limits::functions && image.funcs_offset % alignof(FuncEntry) == 0 &&
                 lies_in({image.funcs_offset, image.func_count * sizeof(FuncEntry)}, image.text_size, size) &&
                 lies_in(image.pc_map, image.text_size, size) && image.pc_map.offset + image.pc_map.size == size &&
                 image.frames_offset % alignof(FrameRow) == 0 && image.frame_count <= image.text_size &&
                 lies_in({image.frames_offset, image.frame_count * sizeof(FrameRow)}, image.text_size, size) &&
                 image.handlers_offset % alignof(HandlerRange) == 0 && image.handler_count <= image.text_size &&
                 lies_in({image.handlers_offset, image.handler_count * sizeof(HandlerRange)}, image.text_size, size) &&
                 image.roots_offset % alignof(RootArea) == 0 && image.root_count <= uint64_t{2} * limits::functions &&
                 lies_in({image.roots_offset, image.root_count * sizeof(RootArea)}, image.text_size, size) &&
                 image.key.tier <= Tier::optimizing && image.key.memory <= MemoryMode::dense;
  if (!is_good) return corrupt("an image's head contradicts itself");
  return {};
}

// The head, checked: whatever it says of sizes and places holds for `bytes`.
Result<ArtifactHead> read_head(Bytes bytes) {
  if (!looks_like_artifact(bytes)) return fail(ErrorKind::bad_input, "not an artifact");
  auto truncated = [&](uint64_t size) {
    return fail(ErrorKind::bad_input, format("truncated: {} of {} bytes are there; {}", bytes.size(), size, remedy));
  };
  if (bytes.size() < head_end) return truncated(head_end);
  auto head = load_le<ArtifactHead>(bytes.data() + head_offset);
  if (head.format_version != format_version) {
    return fail(ErrorKind::unsupported,
                format("artifact format {}, this build needs {}; {}", head.format_version, format_version, remedy));
  }
  if (checksum(bytes.first(head_end - sizeof head.checksum)) != head.checksum) return corrupt("checksum of the head");
  if (head.abi_version != abi_version) {
    return fail(ErrorKind::unsupported, format("ABI version {}, this build needs {}; {}", head.abi_version, abi_version, remedy));
  }
  if (bytes.size() < head.file_size) return truncated(head.file_size);
  if (bytes.size() > head.file_size) return corrupt("bytes behind its end");

  bool is_good = head.image_count >= 1 && head.image_count <= std::size(head.images);
  if (!is_good) return corrupt("the head contradicts itself");
  // Module, names and images follow each other; names have at least a count and an end.
  uint64_t images_start = head.images[0].all.offset;
  is_good = lies_in(head.module, head_end, images_start) && head.names.size >= 8 &&
            lies_in(head.names, head.module.offset + head.module.size, images_start);
  if (!is_good) return corrupt("the head contradicts itself");
  for (uint32_t i = 0; i < head.image_count; i++) TRY(check_image_head(head.images[i], head.file_size));
  if (checksum(bytes.subspan(head_end)) != head.body_checksum) return corrupt("checksum of the body");
  return head;
}

class LoadedArtifact final : public Artifact {
 public:
  LoadedArtifact(const ArtifactHead& head, std::shared_ptr<ArtifactBytes> bytes) : head_(head), bytes_(std::move(bytes)) {
    std::ranges::copy(head_.module_hash, hash_.begin());
    for (uint32_t i = 0; i < head_.image_count; i++) keys_[i] = head_.images[i].key;
  }

  const Hash& module_hash() const override { return hash_; }
  uint64_t module_size() const override { return head_.module_size; }
  uint64_t code_section_offset() const override { return head_.code_section_offset; }
  Bytes module_bytes() const override { return bytes_->bytes.subspan(head_.module.offset, head_.module.size); }
  std::span<const CodegenKey> keys() const override { return std::span(keys_).first(head_.image_count); }

  std::string_view func_name(uint32_t func) const override {
    Bytes names = bytes_->bytes.subspan(head_.names.offset, head_.names.size);
    uint64_t count = names.size() < 8 ? 0 : load_le<uint32_t>(names.data()), characters = 4 + 4 * (count + 1);
    if (func >= count || characters > names.size()) return {};
    auto start = load_le<uint32_t>(names.data() + 4 + 4ull * func), end = load_le<uint32_t>(names.data() + 8 + 4ull * func);
    if (start >= end || end > names.size() - characters) return {};
    return {reinterpret_cast<const char*>(names.data() + characters + start), end - start - 1};
  }

  Result<std::shared_ptr<const Image>> image(const CodegenKey& key) override {
    std::lock_guard lock(mutex_);
    for (uint32_t i = 0; i < head_.image_count; i++) {
      if (!(keys_[i] == key)) continue;
      if (images_[i] == nullptr) images_[i] = TRY(make_image(head_.images[i]));
      return images_[i];
    }
    return fail(ErrorKind::bad_input, difference(keys_[0], key));
  }

 private:
  Result<std::shared_ptr<const Image>> make_image(const ImageHead& head) {
    if (uint32_t missing = head.key.cpu_features & ~host_cpu_features(); missing != 0) {
      return fail(ErrorKind::unsupported,
                  format("needs CPU features {}, which this machine lacks; {} on it", text(missing), remedy));
    }
    Bytes all = bytes_->bytes.subspan(head.all.offset, head.all.size);
    MappedImage::Tables tables{
        .key = head.key,
        .rodata_offset = head.rodata_offset,
        .funcs = array_at<FuncEntry>(all, head.funcs_offset, head.func_count),
        .pc_map = all.subspan(head.pc_map.offset, head.pc_map.size),
        .frames = array_at<FrameRow>(all, head.frames_offset, head.frame_count),
        .handlers = array_at<HandlerRange>(all, head.handlers_offset, head.handler_count),
        .roots = array_at<RootArea>(all, head.roots_offset, head.root_count),
    };
    if (!ascends(tables.funcs, head.rodata_offset) || !ascends(tables.frames, head.rodata_offset) ||
        !ascends(tables.handlers, head.rodata_offset) || !std::ranges::is_sorted(tables.roots, {}, &RootArea::func)) {
      return corrupt("functions, frames, handlers or roots out of order");
    }
    const auto is_outside = [&](const HandlerRange& range) { return range.pad >= head.rodata_offset; };
    if (std::ranges::any_of(tables.handlers, is_outside)) return corrupt("a handler outside the code");
    os::Mapping copy;
    Bytes text = TRY(make_executable(head, copy));
    auto image = std::make_shared<MappedImage>(tables, text, bytes_, std::move(copy));
    TRY(image->enter_map());
    return image;
  }

  // The text at an address where its code may run: in place when the file is mapped. Code of bytes in memory is copied; so is that
  // of a file system mounted noexec, which is what the user asked for by naming the file.
  Result<Bytes> make_executable(const ImageHead& head, os::Mapping& copy) {
    Bytes text = bytes_->bytes.subspan(head.all.offset, head.text_size);
    if (head.rodata_offset == 0) return text;
    if (bytes_->mapping && bytes_->mapping.protect(head.all.offset, head.rodata_offset, os::Access::read_execute)) return text;
    copy = TRY(os::Mapping::anonymous(head.text_size));
    std::ranges::copy(text, copy.data());
    if (head.rodata_offset < head.text_size) {
      TRY(copy.protect(head.rodata_offset, head.text_size - head.rodata_offset, os::Access::read));
    }
    TRY(copy.protect(0, head.rodata_offset, os::Access::read_execute));
    return copy.bytes().first(head.text_size);
  }

  ArtifactHead head_;
  Hash hash_{};
  CodegenKey keys_[2];
  std::shared_ptr<ArtifactBytes> bytes_;
  std::mutex mutex_;
  std::shared_ptr<const Image> images_[2];  // guarded by mutex_
};

Result<std::shared_ptr<Artifact>> load(ArtifactBytes bytes) {
  ArtifactHead head = TRY(read_head(bytes.bytes));
  return std::make_shared<LoadedArtifact>(head, std::make_shared<ArtifactBytes>(std::move(bytes)));
}

}  // namespace

bool looks_like_artifact(Bytes bytes) {
  return bytes.size() >= head_offset + sizeof artifact_magic &&
         std::memcmp(bytes.data() + head_offset, artifact_magic, sizeof artifact_magic) == 0;
}

Result<std::shared_ptr<Artifact>> load_artifact(std::vector<uint8_t> bytes) {
  ArtifactBytes owned{.mapping = {}, .memory = std::move(bytes), .bytes = {}};
  owned.bytes = owned.memory;
  return load(std::move(owned));
}

Result<std::shared_ptr<Artifact>> load_artifact_file(const std::string& path) {
  os::File file = TRY(os::File::open(path));
  os::FileIdentity identity = TRY(file.identity());
  if (!identity.is_regular || identity.size < head_end) {
    return fail(ErrorKind::bad_input, format("not an artifact, or a truncated one: {}", path));
  }
  ArtifactBytes owned{.mapping = TRY(os::Mapping::file(file, 0, identity.size)), .memory = {}, .bytes = {}};
  owned.bytes = owned.mapping.bytes().first(identity.size);
  return load(std::move(owned));
}

}  // namespace mote::code
