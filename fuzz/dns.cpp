// What a name server may send, of any bytes, as an answer to a question that the input's first bytes choose; the same bytes as
// /etc/hosts and /etc/resolv.conf. Refused, or a few addresses.
#include "base/dns/lookup.h"
#include "base/dns/message.h"
#include "base/dns/resolver_files.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mote;
  using namespace mote::dns;
  if (size < 2) return 0;
  const RecordType type = data[0] % 2 == 0 ? RecordType::a : RecordType::aaaa;
  const auto question = write_question(0x6d6f, "broker.example", type);
  require(question.has_value());
  // The question is repeated by itself, so that the rest is looked at.
  std::vector<uint8_t> answer = *question;
  const size_t head = std::min<size_t>(size, 8);
  std::copy_n(data, head, answer.begin() + 2);
  answer[2] |= 0x80;
  answer[4] = 0;
  answer[5] = 1;
  answer.insert(answer.end(), data + head, data + size);
  for (const Bytes bytes : {Bytes(answer), Bytes(data, size)}) {
    const auto read = read_answer(bytes, *question, type, 1);
    if (!read) continue;
    require(read->addresses.size() <= limits::dns_addresses.standard);
    for (const auto& one : read->addresses) require(one.is_v6 == (type == RecordType::aaaa));
  }
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  require(addresses_in_hosts(text, "broker", 1).size() <= limits::dns_addresses.standard);
  const Resolver resolver = parse_resolver(text, 53);
  require(!resolver.servers.empty() && resolver.servers.size() <= limits::dns_servers.standard);
  const auto forms = forms_of("broker", resolver);
  require(!forms.empty() && forms.size() <= limits::dns_suffixes.standard + 1);
  return 0;
}
