// See crossing.h.
#include "platform/wiring/crossing.h"

#include "base/os/clock.h"

#include <algorithm>
#include <utility>

namespace mote::wiring {

void Crossing::dispatch(size_t place, trigger::Event& event) {
  if (tracer_ != nullptr) [[unlikely]]
    event.trace = tracer_->begin(event);
  if (place < Version::first_isolated) [[likely]]
    return worker_.dispatch(place, event);
  const size_t number = place - Version::first_isolated;
  event.id = worker_.next_id();
  links_[number >> Version::entry_bits]->dispatch(static_cast<uint32_t>(number & ((size_t{1} << Version::entry_bits) - 1)), event);
}

// A trace tells of refused events too; isolated components refuse theirs themselves.
bool Crossing::turns_away(size_t place, trigger::Kind kind) {
  return tracer_ == nullptr && place < Version::first_isolated && worker_.turns_away(place, kind);
}

std::shared_ptr<isolate::Link> Crossing::find(const isolate::Cell* cell) const {
  for (const auto* links : {&links_, &leaving_}) {
    for (const auto& link : *links) {
      if (link->cell().get() == cell) return link;
    }
  }
  return nullptr;
}

Result<void> Crossing::install(const Version& version) {
  std::vector<std::shared_ptr<isolate::Link>> links;
  for (const Isolated& isolated : version.isolated) {
    auto link = find(isolated.cell.get());  // of a version that comes back
    if (!link) {
      link = std::make_shared<isolate::Link>(loop_, shard_, isolated.cell);
      if (number_ < isolated.channels.size()) TRY(link->connect(std::move(isolated.channels[number_])));
    }
    links.push_back(std::move(link));
  }
  std::swap(links, links_);
  std::erase_if(leaving_, [&](const auto& link) { return std::ranges::find(links_, link) != links_.end(); });
  for (auto& link : links) {
    if (std::ranges::find(links_, link) == links_.end()) leaving_.push_back(std::move(link));
  }
  look();
  return {};
}

void Crossing::connect(const isolate::Cell& cell, os::File channel) {
  if (const auto link = find(&cell)) (void)link->connect(std::move(channel));
}

bool Crossing::is_idle() const {
  const auto is_idle = [](const auto& link) { return link->is_idle(); };
  return std::ranges::all_of(links_, is_idle) && std::ranges::all_of(leaving_, is_idle);
}

void Crossing::when_idle(std::function<void()> call) {
  when_idle_ = std::move(call);
  look();
}

// Now and then, as long as somebody waits for it.
void Crossing::look() {
  constexpr uint64_t pause_ns = 10'000'000;
  std::erase_if(leaving_, [](const auto& link) { return link->is_idle(); });
  if (when_idle_ && is_idle()) std::exchange(when_idle_, nullptr)();
  looking_.reset();
  if (leaving_.empty() && !when_idle_) return;
  auto wait = loop_.wait({}, os::now_ns(os::Clock::monotonic) + pause_ns, [this] { look(); });
  if (wait) looking_ = *std::move(wait);
}

}  // namespace mote::wiring
