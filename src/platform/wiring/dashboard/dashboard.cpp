// See dashboard.h.
#include "platform/wiring/dashboard/dashboard.h"

#define MOTE_DASHBOARD(name) extern "C" const char mote_dashboard_##name[], mote_dashboard_##name##_end[]  // dashboard.S
MOTE_DASHBOARD(page);
MOTE_DASHBOARD(style);
MOTE_DASHBOARD(script);
#undef MOTE_DASHBOARD

namespace mote::wiring {

std::optional<DashboardFile> dashboard_file(std::string_view path) {
  if (path == "/") return DashboardFile{{mote_dashboard_page, mote_dashboard_page_end}, "text/html; charset=utf-8"};
  if (path == "/dashboard.css") return DashboardFile{{mote_dashboard_style, mote_dashboard_style_end}, "text/css; charset=utf-8"};
  if (path == "/dashboard.js")
    return DashboardFile{{mote_dashboard_script, mote_dashboard_script_end}, "text/javascript; charset=utf-8"};
  return std::nullopt;
}

}  // namespace mote::wiring
