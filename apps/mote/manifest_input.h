// The manifest that a command is about, and what it names on this machine: policies, modules, the lock file. For `mote check`,
// `explain`, and whatever runs one. Tested by tests/cases/manifest-*.case.
#pragma once

#include "platform/manifest/assets.h"
#include "platform/manifest/lock.h"
#include "platform/manifest/manifest.h"

#include <optional>
#include <span>
#include <string>

namespace mote::cli {

// The file that is asked for, else ./mote.toml, else ./spin.toml.
[[nodiscard]] Result<std::string> find_manifest(std::span<const std::string> words);

[[nodiscard]] Result<std::string> read_text(const std::string& path, uint64_t most);
[[nodiscard]] Result<manifest::Manifest> read_manifest(const std::string& path);

// This machine's files and environment, as manifests ask about them.
[[nodiscard]] manifest::Disk this_disk();
[[nodiscard]] manifest::Lookup this_environment();
// Values of all variables; those that have none here are their own names in braces, so that what depends on them can be looked at.
[[nodiscard]] manifest::Lookup values_here(const manifest::Manifest& manifest, bool shows_secrets);

// What a component may reach. `values` as above. Errors are complete lines.
[[nodiscard]] Result<policy::Policy> component_policy(const manifest::Manifest& manifest, const manifest::Component& component,
                                                      const manifest::Lookup& values);

// "mote.lock" beside the manifest; nothing when there is none.
[[nodiscard]] std::string lock_path(const std::string& manifest_path);
[[nodiscard]] Result<std::optional<manifest::Lock>> read_lock(const std::string& path);

}  // namespace mote::cli
