// The commands that mote-server does: `mote NAME …` becomes `mote-server NAME …` (apps/mote/server_program.h).
#pragma once

#include "apps/mote/options.h"

namespace mote::cli {

int run_up(Options options);
int run_serve(Options options);
int run_ps(Options options);
int run_top(Options options);
int run_stats(Options options);
int run_logs(Options options);
int run_reload(Options options);
int run_stop(Options options);
int run_trigger(Options options);

}  // namespace mote::cli
