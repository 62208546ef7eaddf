// Sessions (session.h): SSL between two pieces of memory.
#include "base/tls/session.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "base/tls/reasons.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <climits>

namespace mote::tls {

std::string take_reasons() {
  std::string text;
  while (const unsigned long error = ERR_get_error()) {
    const char* const reason = ERR_reason_error_string(error);
    if (!text.empty()) text += "; ";
    text += reason != nullptr ? std::string(reason) : format("error {:#x}", error);
  }
  return text;
}

Session::~Session() {
  SSL_free(ssl_);
}

std::unexpected<Error> Session::failure(const char* what) {
  has_failed_ = true;
  std::string reasons = take_reasons();
  if (const long verdict = SSL_get_verify_result(ssl_); verdict != X509_V_OK) {
    reasons = format("the certificate is not believed: {}", X509_verify_cert_error_string(verdict));
  }
  return fail(ErrorKind::bad_input, format("{}: {}", what, reasons.empty() ? "the connection ended" : reasons));
}

bool Session::is_open() const {
  return !has_failed_ && SSL_is_init_finished(ssl_) == 1;
}

Result<void> Session::shake_hands() {
  if (has_failed_) return fail(ErrorKind::bad_input, "TLS failed before");
  if (SSL_is_init_finished(ssl_) == 1) return {};
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1 || SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) return {};
  return failure("the TLS handshake failed");
}

Result<void> Session::feed(Bytes encrypted) {
  BIO* const in = SSL_get_rbio(ssl_);
  while (!encrypted.empty()) {
    const auto size = static_cast<int>(std::min<size_t>(encrypted.size(), INT_MAX));
    const int taken = BIO_write(in, encrypted.data(), size);
    if (taken <= 0) return failure("no memory for TLS");
    encrypted = encrypted.subspan(static_cast<size_t>(taken));
  }
  return shake_hands();
}

Result<uint64_t> Session::read(MutableBytes into) {
  if (!is_open()) return 0;
  ERR_clear_error();
  size_t size = 0;
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &size);
  if (result == 1) return size;
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_ZERO_RETURN) has_ended_ = true;
  if (error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_WANT_READ) return 0;
  return failure("TLS failed");
}

bool Session::may_have_more() const {
  return SSL_pending(ssl_) > 0 || BIO_ctrl_pending(SSL_get_rbio(ssl_)) > 0;
}

Result<void> Session::write(Bytes plain) {
  ASSERT(is_open());
  if (plain.empty()) return {};
  ERR_clear_error();
  size_t size = 0;
  const int result = SSL_write_ex(ssl_, plain.data(), plain.size(), &size);
  if (result != 1 || size != plain.size()) return failure("TLS failed");
  return {};
}

void Session::end() {
  if (is_open()) (void)SSL_shutdown(ssl_);
  ERR_clear_error();
}

Bytes Session::output() const {
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
  return {reinterpret_cast<const uint8_t*>(data), static_cast<size_t>(std::max(size, 0L))};
}

// Memory BIOs give up what was read from them.
void Session::sent(uint64_t count) {
  uint8_t gone[4096];
  while (count > 0) {
    const int taken = BIO_read(SSL_get_wbio(ssl_), gone, static_cast<int>(std::min<uint64_t>(count, sizeof gone)));
    if (taken <= 0) return;
    count -= static_cast<uint64_t>(taken);
  }
}

std::string_view Session::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace mote::tls
