// A policy file of any bytes: refused with a place, or a policy that can be explained, asked and compared with itself. Brackets and
// dots must not exhaust the stack, lists not the memory. The same bytes are also read as an address, a block and a host name.
#include "host/policy/policy.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace mote;
using namespace mote::policy;

void require(bool holds) {
  if (!holds) std::abort();
}

void look_through(const Policy& policy) {
  require(!explain(policy).empty());
  for (const FolderGrant& grant : policy.folders) {
    require(policy.folder(grant.guest) == &grant && (grant.read || grant.write) && !policy.host_path(grant).empty());
  }
  for (const auto* rules : {&policy.net.outbound, &policy.net.listen}) {
    for (const NetRule& rule : *rules) require(rule.covers(rule) && !rule.text().empty());
  }
  for (const NetRule& rule : policy.net.outbound) {
    // What a rule names is allowed, unless it is an address of a class that the rule does not name.
    NetRequest request{.protocol = rule.protocol, .port = rule.ports.front().first};
    if (rule.block) request.address = rule.block->base;
    if (!rule.block && !rule.host.starts_with('*')) request.name = rule.host;
    if (request.name.empty() && !request.address) continue;
    const bool is_named = !request.address || rule.classes.has_all(request.address->classes());
    require(!is_named || decide(policy.net, request).is_allowed);
  }
  for (const Variable& variable : policy.environment) require(policy.variable(variable.name) == &variable);
  for (const std::string& pattern : policy.imports) require(covers_import(pattern, pattern));
}

void read_as_values(std::string_view text) {
  if (const auto address = Address::parse(text)) {
    require(Address::parse(address->text()) == address);
    (void)address->classes();
  }
  if (const auto block = Block::parse(text)) {
    require(block->contains(block->base) && block->contains(block->last()) && block->contains(*block));
    require(Block::parse(block->text()).value_or(Block{}) == *block);
  }
  if (const auto host = canonical_name(text)) require(canonical_name(*host) == host && !Address::parse(*host));
  if (const auto pattern = parse_name_pattern(text)) require(covers_name(*pattern, *pattern));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = parse(text, "fuzz.toml");
  if (policy) look_through(*policy);
  if (!policy) require(policy.error().kind == ErrorKind::bad_input && policy.error().message.starts_with("fuzz.toml"));
  read_as_values(text);
  return 0;
}
