// Contexts (context.h). Files are read by us and parsed from memory, so that failures name the file and nothing is asked on a
// terminal.
#include "base/tls/context.h"

#include "base/core/bytes.h"
#include "base/core/format.h"
#include "base/os/file.h"
#include "base/tls/reasons.h"
#include "base/tls/start.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <mutex>
#include <utility>

namespace mote::tls {

namespace {

constexpr uint64_t most_pem_bytes = 1 << 20;

template <auto release>
struct Release {
  template <class T>
  void operator()(T* gone) const {
    release(gone);
  }
};
using Settings = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Release<BIO_free_all>>;

std::unexpected<Error> refuse(const std::string& what) {
  const std::string reasons = take_reasons();
  return fail(ErrorKind::bad_input, reasons.empty() ? what : format("{}: {}", what, reasons));
}

struct Pem {
  std::vector<uint8_t> bytes;
  Memory memory;
};
Result<Pem> read_pem(const std::string& path) {
  Pem pem;
  pem.bytes = TRY(os::read_file(path, most_pem_bytes));
  pem.memory.reset(BIO_new_mem_buf(pem.bytes.data(), static_cast<int>(pem.bytes.size())));
  if (!pem.memory) return fail(ErrorKind::unavailable, "no memory for a certificate");
  return pem;
}

// The next certificate of a file; nothing at its end.
Result<Certificate> next_certificate(const Pem& pem, const std::string& path) {
  Certificate one(PEM_read_bio_X509(pem.memory.get(), nullptr, nullptr, nullptr));
  if (one) return one;
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) {
    ERR_clear_error();
    return one;
  }
  return refuse(format("{} holds a certificate that cannot be read", path));
}

Result<void> use_certificate(SSL_CTX* settings, const std::string& path) {
  const Pem pem = TRY(read_pem(path));
  const Certificate own = TRY(next_certificate(pem, path));
  if (!own) return fail(ErrorKind::bad_input, format("{} holds no certificate in PEM", path));
  if (SSL_CTX_use_certificate(settings, own.get()) != 1) return refuse(format("the certificate in {} is of no use", path));
  for (;;) {
    Certificate other = TRY(next_certificate(pem, path));
    if (!other) return {};
    if (SSL_CTX_add0_chain_cert(settings, other.get()) != 1) return refuse(format("a certificate in {} is of no use", path));
    (void)other.release();
  }
}

int no_password(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

Result<void> use_key(SSL_CTX* settings, const Identity& identity) {
  const Pem pem = TRY(read_pem(identity.key_path));
  bool is_encrypted = false;
  const Key key(PEM_read_bio_PrivateKey(pem.memory.get(), nullptr, no_password, &is_encrypted));
  if (!key && is_encrypted) {
    ERR_clear_error();
    return fail(ErrorKind::bad_input, format("the key in {} is encrypted: decrypt it with `openssl pkey`", identity.key_path));
  }
  if (!key) return refuse(format("{} holds no private key in PEM", identity.key_path));
  if (SSL_CTX_use_PrivateKey(settings, key.get()) != 1 || SSL_CTX_check_private_key(settings) != 1) {
    return refuse(format("the key in {} is not that of the certificate in {}", identity.key_path, identity.certificate_path));
  }
  return {};
}

Result<void> believe(SSL_CTX* settings, const std::optional<std::string>& authorities_path) {
  SSL_CTX_set_verify(settings, SSL_VERIFY_PEER, nullptr);
  if (!authorities_path) {
    if (SSL_CTX_set_default_verify_paths(settings) != 1) return refuse("cannot read the authorities that the system believes");
    return {};
  }
  const Pem pem = TRY(read_pem(*authorities_path));
  X509_STORE* const store = SSL_CTX_get_cert_store(settings);
  for (bool is_first = true;; is_first = false) {
    const Certificate one = TRY(next_certificate(pem, *authorities_path));
    if (!one && is_first) return fail(ErrorKind::bad_input, format("{} holds no certificate in PEM", *authorities_path));
    if (!one) return {};
    if (X509_STORE_add_cert(store, one.get()) != 1) return refuse(format("an authority in {} is of no use", *authorities_path));
  }
}

// The first of ours that the client speaks, too. None: the connection goes on without one.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* theirs, unsigned int theirs_size,
                    void* ours) {
  const auto& list = *static_cast<const std::string*>(ours);
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(list.data()),
                                           static_cast<unsigned>(list.size()), theirs, theirs_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

struct Context::State {
  bool is_server = false;
  std::optional<Identity> identity;
  std::optional<std::string> authorities_path;
  std::string protocols;  // each behind its length: what ALPN sends, and what a callback of every session reads
  mutable std::mutex mutex;
  Settings settings;  // under the mutex; sessions hold it on their own

  [[nodiscard]] Result<Settings> make();
  [[nodiscard]] Result<SSL*> make_session() const;
};

Result<Settings> Context::State::make() {
  use_the_cpu();
  ERR_clear_error();
  Settings made(SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method()));
  if (!made) return fail(ErrorKind::unavailable, format("cannot prepare TLS: {}", take_reasons()));
  (void)SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  (void)SSL_CTX_set_options(made.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  (void)SSL_CTX_set_mode(made.get(), SSL_MODE_RELEASE_BUFFERS);          // an idle connection holds no buffers
  (void)SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);  // tickets do it
  // Of TLS 1.2, what keeps its secrets when the key gets known, and what HTTP/2 allows (RFC 9113, 9.2.2).
  if (SSL_CTX_set_cipher_list(made.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) return refuse("no ciphers for TLS 1.2");
  if (identity) {
    TRY(use_certificate(made.get(), identity->certificate_path));
    TRY(use_key(made.get(), *identity));
  }
  if (is_server && !protocols.empty()) SSL_CTX_set_alpn_select_cb(made.get(), choose_protocol, &protocols);
  if (!is_server) {
    TRY(believe(made.get(), authorities_path));
    (void)SSL_CTX_set_alpn_protos(made.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                                  static_cast<unsigned>(protocols.size()));
  }
  return made;
}

Result<SSL*> Context::State::make_session() const {
  SSL* ssl = nullptr;
  {
    const std::lock_guard lock(mutex);
    ssl = SSL_new(settings.get());
  }
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  if (ssl == nullptr || in == nullptr || out == nullptr) {
    SSL_free(ssl);
    BIO_free(in);
    BIO_free(out);
    return fail(ErrorKind::unavailable, format("cannot begin a TLS session: {}", take_reasons()));
  }
  SSL_set_bio(ssl, in, out);
  return ssl;
}

namespace {

std::string with_lengths(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& one : protocols) list += static_cast<char>(one.size()) + one;
  return list;
}

}  // namespace

Result<std::unique_ptr<Context>> Context::server(Identity identity, const std::vector<std::string>& protocols) {
  auto state = std::make_unique<State>();
  state->is_server = true;
  state->identity = std::move(identity);
  state->protocols = with_lengths(protocols);
  state->settings = TRY(state->make());
  return std::unique_ptr<Context>(new Context(std::move(state)));
}

Result<std::unique_ptr<Context>> Context::client(std::optional<std::string> authorities_path, std::optional<Identity> identity,
                                                 const std::vector<std::string>& protocols) {
  auto state = std::make_unique<State>();
  state->identity = std::move(identity);
  state->authorities_path = std::move(authorities_path);
  state->protocols = with_lengths(protocols);
  state->settings = TRY(state->make());
  return std::unique_ptr<Context>(new Context(std::move(state)));
}

Context::Context(std::unique_ptr<State> state) : state_(std::move(state)) {}
Context::~Context() = default;

Result<void> Context::reload() {
  Settings made = TRY(state_->make());
  const std::lock_guard lock(state_->mutex);
  std::swap(state_->settings, made);
  return {};
}

Result<std::unique_ptr<Session>> Context::accept() const {
  SSL* const ssl = TRY(state_->make_session());
  SSL_set_accept_state(ssl);
  return std::unique_ptr<Session>(new Session(ssl));
}

Result<std::unique_ptr<Session>> Context::connect(const std::string& host) const {
  SSL* const ssl = TRY(state_->make_session());
  std::unique_ptr<Session> session(new Session(ssl));
  SSL_set_connect_state(ssl);
  // An address is compared with the addresses in the certificate, and is no server name (RFC 6066, 3).
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) != 1) {
    ERR_clear_error();
    if (SSL_set1_host(ssl, host.c_str()) != 1 || SSL_set_tlsext_host_name(ssl, host.c_str()) != 1) {
      return refuse(format("\"{}\" is no name of a server", host));
    }
  }
  TRY(session->shake_hands());
  return session;
}

}  // namespace mote::tls
