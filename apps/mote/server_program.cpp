// See server_program.h.
#include "apps/mote/server_program.h"

#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/os/file.h"
#include "base/os/process.h"

#include <string>
#include <vector>

namespace mote::cli {

namespace {

std::string own_folder() {
  const std::string self = os::program_path();
  return self.substr(0, self.rfind('/') + 1);
}

}  // namespace

std::string server_path() {
  for (const char* where : {"mote-server", "../libexec/mote/mote-server"}) {
    if (std::string path = own_folder() + where; os::exists(path)) return path;
  }
  return {};
}

int become_server(std::string_view command, std::span<const std::string_view> words) {
  const std::string program = server_path(), folder = own_folder();
  if (program.empty()) {
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
