// See server_program.h.
#include "apps/mote/server_program.h"

#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/os/file.h"
#include "base/os/process.h"

#include <string>
#include <vector>

namespace mote::cli {

int become_server(std::string_view command, std::span<const std::string_view> words) {
  const std::string self = os::program_path();
  const std::string folder = self.substr(0, self.rfind('/') + 1);
  std::string program = folder + "mote-server";
  if (!os::exists(program)) program = folder + "../libexec/mote/mote-server";
  if (!os::exists(program)) {
    return report("", {ErrorKind::not_found,
                       format("mote {} needs the program mote-server, which is neither beside mote ({}) nor in {}../libexec/mote: "
                              "install it with mote",
                              command, folder, folder)});
  }
  std::vector<std::string> arguments = {program, std::string(command)};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return report("", os::replace_program(arguments).error());
}

}  // namespace mote::cli
