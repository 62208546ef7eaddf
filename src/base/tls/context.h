// Context: who we are to others and whom we believe, for any number of TLS sessions (session.h). TLS 1.2 and 1.3, over OpenSSL,
// which only this room includes.
//
// Threads may share one: sessions are made, and certificates read again, from any of them. Tested by tls_test.cpp.
#pragma once

#include "base/tls/session.h"

#include <mote/result.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::tls {

// Of PEM: a certificate with those that vouch for it behind it, and its key, which is not encrypted.
struct Identity {
  std::string certificate_path, key_path;
};

class Context {
 public:
  // Protocols (ALPN) are those offered to the other side, the best first: "h2", "http/1.1".
  [[nodiscard]] static Result<std::unique_ptr<Context>> server(Identity identity, const std::vector<std::string>& protocols = {});
  // Believes the authorities of a PEM file; without one, those that the system believes.
  [[nodiscard]] static Result<std::unique_ptr<Context>> client(std::optional<std::string> authorities_path,
                                                               std::optional<Identity> identity = std::nullopt,
                                                               const std::vector<std::string>& protocols = {});
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();

  // Reads all files again, for sessions to come; those that exist go on. On failure everything stays as it was.
  [[nodiscard]] Result<void> reload();

  [[nodiscard]] Result<std::unique_ptr<Session>> accept() const;                          // a server's end
  [[nodiscard]] Result<std::unique_ptr<Session>> connect(const std::string& host) const;  // a client's; a name, or an address

 private:
  struct State;
  explicit Context(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mote::tls
