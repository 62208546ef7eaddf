// MappedImage: the one implementation of Image. Made by the loader (artifact.cpp), which has checked everything it is given.
#pragma once

#include "base/os/memory_map.h"
#include "engine/code/image.h"

#include <mote/result.h>

#include <memory>

namespace mote::code {

// What holds the bytes of an artifact: its file's mapping, or memory.
struct ArtifactBytes {
  os::Mapping mapping;
  std::vector<uint8_t> memory;
  Bytes bytes;  // of either
};

class MappedImage final : public Image {
 public:
  struct Tables {
    CodegenKey key;
    uint64_t rodata_offset = 0;
    std::span<const FuncEntry> funcs;  // ascending, inside the code
    Bytes pc_map;
    std::span<const FrameRow> frames;        // ascending, without overlap
    std::span<const HandlerRange> handlers;  // likewise
    std::span<const RootArea> roots;         // ascending
  };
  // `text` is executable already, and stays so as long as `owner` and `copy` live.
  MappedImage(const Tables& tables, Bytes text, std::shared_ptr<const ArtifactBytes> owner, os::Mapping copy);
  ~MappedImage() override;
  MappedImage(const MappedImage&) = delete;
  MappedImage& operator=(const MappedImage&) = delete;

  [[nodiscard]] Result<void> enter_map();  // makes it known to find_image()

  [[nodiscard]] const CodegenKey& key() const override { return tables_.key; }
  [[nodiscard]] Bytes text() const override { return text_; }
  [[nodiscard]] const void* entry(uint32_t own_func) const override;
  [[nodiscard]] std::span<const FuncEntry> funcs() const override { return tables_.funcs; }
  [[nodiscard]] std::optional<PcInfo> find(const void* pc) const override;
  [[nodiscard]] const FrameRow* frame(const void* pc) const override;
  [[nodiscard]] std::optional<Handler> handler(const void* return_address) const override;
  void visit_roots(const void* return_address, uint8_t* fp, RootVisitor& visitor) const override;

 private:
  [[nodiscard]] Bytes code() const { return text_.first(tables_.rodata_offset); }
  [[nodiscard]] std::optional<uint32_t> code_offset(const void* pc) const;

  Tables tables_;
  Bytes text_;
  std::shared_ptr<const ArtifactBytes> owner_;
  os::Mapping copy_;
  bool is_in_map_ = false;
};

}  // namespace mote::code
