// See module_source.h.
#include "apps/mote-server/module_source.h"

#include "apps/mote/engine_options.h"
#include "apps/mote/progress.h"
#include "base/core/format.h"
#include "base/core/hash.h"
#include "base/http/fetch.h"
#include "base/os/file.h"
#include "base/os/process.h"
#include "base/tls/context.h"

#include <mote/limits.h>

#include <memory>

namespace mote::cli {
namespace {

constexpr uint64_t fetch_time_ms = 300'000;
constexpr int status_ok = 200, most_redirects = 5;

Result<http::FetchAnswer> ask(const std::string& url) {
  std::unique_ptr<tls::Context> tls;
  if (url.starts_with("https:")) tls = TRY(tls::Context::client(std::nullopt));
  http::FetchRequest request{.url = url, .time_ms = fetch_time_ms, .most_answer = limits::module_size_bytes};
  Progress progress("fetching " + url);
  if (os::is_terminal(2)) request.progress = [&progress](uint64_t done, uint64_t all) { progress.show(done, all); };
  return http::fetch(std::move(request), tls.get());
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// As releases of many hosts do, an address may lead to another; from HTTPS to HTTP it may not.
Result<std::vector<uint8_t>> fetch(std::string url) {
  for (int redirects = 0;; ++redirects) {
    const http::FetchAnswer answer = TRY(ask(url));
    if (answer.status == status_ok) return std::vector<uint8_t>(answer.body.begin(), answer.body.end());
    if (!is_redirect(answer.status)) return fail(ErrorKind::not_found, format("{} is answered with status {}", url, answer.status));
    if (redirects == most_redirects)
      return fail(ErrorKind::limit, format("{} leads to yet another address, after {}", url, most_redirects));
    std::string next = TRY(http::redirected(url, answer.location));
    if (url.starts_with("https:") && !next.starts_with("https:"))
      return fail(ErrorKind::denied, format("{} leads to {}, which is not encrypted", url, next));
    url = std::move(next);
  }
}

// Whole or not at all, whoever else writes it.
Result<void> keep(const std::string& folder, const std::string& path, Bytes bytes) {
  TRY(os::make_folder(folder));
  const std::string unfinished = format("{}.{}", path, os::process_id());
  TRY(os::write_file_unflushed(unfinished, bytes, 0600));
  return os::rename_file(unfinished, path);
}

}  // namespace

Result<std::vector<uint8_t>> fetch_module(const manifest::Source& source) {
  const std::string folder = cache_folder() + "/fetched", path = format("{}/{}.wasm", folder, source.digest);
  if (auto kept = os::read_file(path, limits::module_size_bytes); kept && hex(sha256(*kept)) == source.digest)
    return *std::move(kept);
  auto bytes = TRY(fetch(source.url));
  if (const std::string digest = hex(sha256(bytes)); digest != source.digest)
    return fail(ErrorKind::denied,
                format("what {} gives is not the module that the manifest names: its SHA-256 is {}", source.url, digest));
  if (!cache_folder().empty()) (void)keep(folder, path, bytes);  // without it, it is fetched again
  return bytes;
}

}  // namespace mote::cli
