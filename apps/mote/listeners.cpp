// See listeners.h.
#include "apps/mote/listeners.h"

#include "apps/mote/input.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/os/machine.h"
#include "base/os/process.h"
#include "host/sandbox/socket.h"

#include <charconv>
#include <cstring>

namespace mote::cli {
namespace {

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.begin(), text.end(), value);
  if (text.empty() || error != std::errc() || rest != text.end()) return std::nullopt;
  return value;
}

policy::Address address_of(const os::SocketAddress& socket) {
  return {.is_v6 = socket.is_v6, .bytes = socket.bytes};
}

Result<void> check(const std::optional<os::SocketAddress>& address, const std::string& what, const policy::Policy* policy) {
  if (policy == nullptr) return {};
  if (!address) return fail(ErrorKind::denied, format("{}: {} has rules for Internet addresses only", what, policy->file));
  const policy::NetRequest request = {.direction = policy::Direction::listen,
                                      .protocol = policy::Protocol::tcp,
                                      .address = address_of(*address),
                                      .port = address->port};
  const policy::Decision decision = policy::decide(policy->net, request);
  if (decision.is_allowed) return {};
  return fail(ErrorKind::denied, format("{}: {} does not allow it: {}{}", what, policy->file, decision.reason,
                                        decision.would_grant.empty() ? "" : "; this line would: " + decision.would_grant));
}

Result<void> give(sandbox::Process& process, os::File file, const std::string& what) {
  auto socket = sandbox::Socket::adopt(std::move(file));
  if (!socket) return fail(ErrorKind::bad_input, what + ": is no socket of streams or datagrams");
  const bool is_listening = (*socket)->is_listening();
  // A listener is readable (poll_oneoff says when somebody is there), though nothing but connections comes out of it.
  if (process.open({.stream = std::move(*socket), .is_readable = true, .is_writable = !is_listening})) return {};
  return fail(ErrorKind::limit, what + ": more descriptors than -W max-descriptors allows");
}

Result<void> open_address(sandbox::Process& process, const Options& options, const std::string& named,
                          const policy::Policy* policy) {
  const std::string what = "-S tcplisten=" + named;
  const auto address = parse_socket_address(named);
  if (!address) return fail(ErrorKind::bad_input, what + ": needs ADDRESS:PORT, as 127.0.0.1:8080 or [::1]:8080");
  TRY(check(address, what, policy));
  auto listener = os::listen_tcp(*address);
  if (!listener) return os::fail_errno(listener.error(), what + ": cannot listen there");
  const auto info = os::socket_info(listener->descriptor());
  const auto bound = info ? info->address : std::nullopt;
  if (bound && (address->port == 0 || options.verbose))
    print_to_stderr(format("mote: {}: listening on {}\n", file_name(options.words[0]), text(*bound)));
  return give(process, std::move(*listener), what);
}

// The protocol of systemd and others: descriptors from 3 on, their count in LISTEN_FDS, meant for the process LISTEN_PID.
Result<void> take_handed_in(sandbox::Process& process, const policy::Policy* policy) {
  auto listeners = TRY(handed_listeners());
  const auto refuse = [](std::string why) { return fail(ErrorKind::bad_input, "-S listenfd: " + std::move(why)); };
  if (listeners.empty()) {
    const auto count_text = os::environment_variable("LISTEN_FDS"), pid_text = os::environment_variable("LISTEN_PID");
    if (!count_text || !pid_text) return refuse("LISTEN_FDS and LISTEN_PID are not set: nobody handed in a socket");
    return refuse(format("LISTEN_PID is {}, but this process is {}", *pid_text, os::process_id()));
  }
  for (os::File& listener : listeners) {
    const std::string what = format("-S listenfd: descriptor {}", listener.descriptor());
    const auto info = os::socket_info(listener.descriptor());
    if (!info) return fail(ErrorKind::bad_input, what + ": is no socket of streams or datagrams");
    TRY(check(info->address, what, policy));
    TRY(give(process, std::move(listener), what));
  }
  return {};
}

}  // namespace

std::optional<os::SocketAddress> parse_socket_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const auto port = number(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (!port || *port > UINT16_MAX) return std::nullopt;
  const bool has_brackets = host.starts_with('[') && host.ends_with(']');
  if (has_brackets) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  const auto address = policy::Address::parse(host);
  if (!address || address->is_v6 != has_brackets) return std::nullopt;
  return os::SocketAddress{.is_v6 = address->is_v6, .bytes = address->bytes, .port = static_cast<uint16_t>(*port)};
}

Result<std::vector<os::File>> handed_listeners() {
  constexpr uint64_t first = 3, most = 1024;
  const auto count_text = os::environment_variable("LISTEN_FDS"), pid_text = os::environment_variable("LISTEN_PID");
  std::vector<os::File> listeners;
  if (!count_text || !pid_text || number(*pid_text) != os::process_id()) return listeners;
  const auto count = number(*count_text);
  if (!count || *count == 0 || *count > most)
    return fail(ErrorKind::bad_input, format("-S listenfd: LISTEN_FDS is {}, not a number from 1 to {}", *count_text, most));
  for (uint64_t descriptor = first; descriptor < first + *count; ++descriptor) listeners.emplace_back(static_cast<int>(descriptor));
  return listeners;
}

Result<void> open_listeners(sandbox::Process& process, const Options& options, const policy::Policy* policy) {
  for (const std::string& address : options.tcp_listen) TRY(open_address(process, options, address, policy));
  if (options.takes_listeners) TRY(take_handed_in(process, policy));
  return {};
}

}  // namespace mote::cli
