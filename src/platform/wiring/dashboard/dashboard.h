// The dashboard: one page, with its style and its script, in the binary; it asks the operator's address for all else. Nothing of it
// comes from anywhere else, and its policy lets nothing in: what guests write is text there. Tested by tests/up/run (dashboard).
#pragma once

#include "base/http/exchange.h"

#include <optional>
#include <string_view>

namespace mote::wiring {

struct DashboardFile {
  std::string_view content, type;
};
// "/", "/dashboard.css", "/dashboard.js"; nothing for other paths.
[[nodiscard]] std::optional<DashboardFile> dashboard_file(std::string_view path);

// Of every answer at the operator's address.
inline constexpr http::Header dashboard_policy{
    "Content-Security-Policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"};

}  // namespace mote::wiring
