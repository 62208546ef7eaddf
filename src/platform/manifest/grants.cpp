// See grants.h.
#include "platform/manifest/grants.h"

#include "base/core/format.h"
#include "base/toml/values.h"
#include "host/policy/keys.h"

#include <algorithm>

namespace mote::manifest {
namespace {

using limits::Limit;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

class Granter {
 public:
  Granter(const Manifest& manifest, const Component& component, const GrantInput& input)
      : manifest_(manifest), component_(component), input_(input), problems_(manifest.file) {}

  Result<policy::Policy> run() {
    start();
    add_variables();
    add_files();
    add_outbound();
    add_limits();
    if (!problems_.empty()) return std::unexpected(problems_.error());
    return std::move(policy_);
  }

 private:
  // The policy without the manifest's own words; places of those are then of file 0 or 1.
  void start() {
    if (input_.of_file != nullptr) {
      policy_ = *input_.of_file;
      policy_.others.push_back(manifest_.file);
      file_ = static_cast<uint32_t>(policy_.others.size());
    } else if (component_.policy) {
      policy_ = *component_.policy;
    } else {
      policy_.file = manifest_.file;
      policy_.clock = {.mode = policy::Clock::Mode::real, .at = component_.at};
      policy_.random = {.mode = policy::Random::Mode::real, .at = component_.at};
      policy_.imports = {"wasi_snapshot_preview1.*", "wasi_unstable.*"};
    }
  }

  [[nodiscard]] Position here(Position at) const { return {at.line, at.column, file_}; }

  void add_variable(std::string name, const Template& value, Position at) {
    if (const policy::Variable* other = policy_.variable(name)) {
      problems_.add(at, format("the variable {} is set in {} already", name, policy_.place(other->at)));
      return;
    }
    auto text = value.render(input_.values);
    if (!text) return problems_.add(at, text.error().message);
    if (text->find('\0') != text->npos) return problems_.add(at, format("the variable {} has a NUL character", name));
    policy_.environment.push_back({.name = std::move(name), .value = *std::move(text), .at = here(at)});
  }

  void add_variables() {
    for (const NamedTemplate& one : component_.environment) add_variable(one.name, one.value, one.at);
    for (const NamedTemplate& one : component_.variables) add_variable("MOTE_VARIABLE_" + upper(one.name), one.value, one.at);
  }

  void add_folder(const std::string& guest, const std::string& host, Position at) {
    const auto same = std::ranges::find(policy_.folders, guest, &policy::FolderGrant::guest);
    if (same != policy_.folders.end())
      return problems_.add(at, format("the guest's {} is a folder by {} already", toml::quoted(guest), policy_.place(same->at)));
    policy_.folders.push_back({.guest = guest, .host = host, .read = true, .at = here(at)});
  }

  void add_files() {
    if (component_.files.empty()) return;
    if (!input_.assets.empty()) return add_folder("/", input_.assets, component_.files.front().at);
    for (const Files& one : component_.files) {
      if (!one.destination.empty()) add_folder(one.destination, one.source, one.at);
    }
  }

  void add_outbound() {
    for (const OutboundHost& one : component_.outbound) {
      const auto text = one.text.render(input_.values);
      if (!text) {
        problems_.add(one.at, text.error().message);
        continue;
      }
      if (input_.may_lack_values && text->find("{{") != text->npos) continue;
      const auto outbound = parse_outbound(*text);
      if (!outbound) {
        problems_.add(one.at, format("allowed_outbound_hosts[] {}", outbound.error().message));
        continue;
      }
      policy::NetRule rule{.ports = {outbound->ports}, .at = here(one.at)};
      // Who names an address of the inside means it; a name that leads there does not.
      if (const auto block = policy::Block::parse(outbound->host)) {
        rule.block = *block;
        rule.classes = block->base.classes();
      } else {
        rule.host = outbound->host;
        if (rule.host == "localhost") rule.classes.add(policy::AddressClass::loopback);
      }
      policy_.net.outbound.push_back(std::move(rule));
    }
  }

  // The smaller one holds.
  void add_limits() {
    for (const policy::LimitValue& one : component_.limits) {
      const auto same = std::ranges::find(policy_.limits, one.name, &policy::LimitValue::name);
      if (same == policy_.limits.end())
        policy_.limits.push_back({one.name, one.value, here(one.at)});
      else if (one.value < same->value)
        *same = {one.name, one.value, here(one.at)};
    }
    // What `mote run` does not limit, or less, but a server has to.
    for (const Limit& one : {limits::event_time, limits::event_memory, limits::event_host_call_bytes}) {
      const auto known = std::ranges::find(policy::limit_keys(), std::string_view(one.name), &policy::LimitKey::name);
      if (known != policy::limit_keys().end() && !policy_.limit(one.name))
        policy_.limits.push_back({known->name, one.standard, {}});
    }
  }

  const Manifest& manifest_;
  const Component& component_;
  const GrantInput& input_;
  toml::Problems problems_;
  policy::Policy policy_;
  uint32_t file_ = 0;
};

}  // namespace

Result<policy::Policy> grants(const Manifest& manifest, const Component& component, const GrantInput& input) {
  return Granter(manifest, component, input).run();
}

}  // namespace mote::manifest
