// The parser of the command line: see arguments.h.
//
// By hand rather than with the library that mote-aot uses: building that library's tables takes 0.15 ms of each start, a tenth of a
// whole warm `mote run`, and comma lists, refusals and "did you mean" would be ours anyway.
#include "apps/mote/arguments.h"

#include "apps/mote/aliases.h"
#include "apps/mote/config_file.h"
#include "base/core/format.h"
#include "base/core/nearest.h"
#include "base/os/machine.h"

#include <algorithm>
#include <vector>

namespace mote::cli {
namespace {

struct Parser {
  CommandBit command;
  std::span<const std::string_view> words;
  Options options = {};
  size_t at = 0;

  // Puts what was typed before a message about it.
  static Result<void> about(std::string_view typed, Result<void> result) {
    if (!result) result.error().message = format("{} {}", typed, result.error().message);
    return result;
  }

  Result<std::string_view> value_of(std::string_view typed, std::string_view value_name) {
    if (at == words.size()) return fail(ErrorKind::bad_input, format("{} needs a value: {} {}", typed, typed, value_name));
    return words[at++];
  }

  Result<void> unknown(std::string_view typed, std::span<const std::string_view> candidates) {
    if (const auto why = why_refused(typed); !why.empty()) {
      return fail(ErrorKind::unsupported, format("{} is not part of this build: {}", typed, why));
    }
    return fail(ErrorKind::bad_input, format("unknown flag \"{}\"{}", typed, did_you_mean(typed, candidates)));
  }

  // Reads what an alias stands for, in place of it.
  Result<void> alias(const Alias& alias, std::string_view word) {
    const size_t equals = word.find('=');
    std::string_view value = equals == word.npos ? "" : word.substr(equals + 1);
    if (alias.value.empty() && equals != word.npos) return fail(ErrorKind::bad_input, format("{} takes no value", alias.name));
    if (!alias.value.empty() && equals == word.npos) value = TRY(value_of(alias.name, alias.value));
    auto translated = alias.translate(value);
    if (!translated) return about(alias.name, std::unexpected(std::move(translated.error())));
    const std::vector<std::string_view> ours(translated->begin(), translated->end());
    Parser inner{command, ours, std::move(options)};
    Result<void> read;
    while (read && inner.at < ours.size()) {
      const std::string_view next = ours[inner.at++];
      read = next.starts_with("--") ? inner.flag(next) : inner.short_flag(next);
    }
    options = std::move(inner.options);
    return about(format("{}:", alias.name), std::move(read));
  }

  Result<void> flag(std::string_view word) {
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (name == "--help") {
      options.help_for = "--help";
      return {};
    }
    std::vector<std::string_view> candidates;
    for (const Flag& flag : flags()) {
      if ((flag.commands & command) == 0) continue;
      candidates.push_back(flag.name);
      if (flag.name != name) continue;
      if (flag.value.empty() || flag.value.starts_with('['))
        return about(name, flag.apply(options, equals == word.npos ? "" : word.substr(equals + 1)));
      return about(name, flag.apply(options, equals == word.npos ? TRY(value_of(name, flag.value)) : word.substr(equals + 1)));
    }
    if (const Alias* known = find_alias(name); known != nullptr && command == for_run) return alias(*known, word);
    for (const Flag& flag : flags()) {
      if (flag.name == name) return fail(ErrorKind::bad_input, format("{} is a flag of another command: see mote help", name));
    }
    if (command == for_run) {
      for (const Alias& alias : aliases()) candidates.push_back(alias.name);
    }
    return unknown(name, candidates);
  }

  Result<void> key(char group, std::string_view item) {
    const size_t equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    std::vector<std::string_view> candidates;
    for (const Key& key : keys()) {
      if (key.group != group) continue;
      candidates.push_back(key.name);
      if (key.name != name) continue;
      const std::string typed = format("-{} {}", group, name);
      if (equals == item.npos && key.value != "y|n") {
        return fail(ErrorKind::bad_input, format("{} needs a value: {}={}", typed, typed, key.value));
      }
      return about(typed, key.apply(options, equals == item.npos ? "" : item.substr(equals + 1)));
    }
    const std::string typed = format("-{} {}", group, name);
    if (const auto why = why_refused(typed); !why.empty()) {
      return fail(ErrorKind::unsupported, format("{} is not part of this build: {}", typed, why));
    }
    return fail(ErrorKind::bad_input,
                format("unknown key \"{}\" of -{}{}; -{} help lists them", name, group, did_you_mean(name, candidates), group));
  }

  Result<void> group(char letter, std::string_view list) {
    for (;;) {
      const size_t comma = std::min(list.find(','), list.size());
      const std::string_view item = list.substr(0, comma);
      if (item == "help") {
        options.help_for = std::string("-") + letter;
      } else {
        TRY(key(letter, item));
      }
      if (comma == list.size()) return {};
      list.remove_prefix(comma + 1);
    }
  }

  // "-o FILE", "-W LIST", "-WLIST".
  Result<void> short_flag(std::string_view word) {
    const std::string_view glued = word.substr(2), name = word.substr(0, word.find('='));
    if (const Alias* known = find_alias(name); known != nullptr && command == for_run) return alias(*known, word);
    if (word[1] == 'h' && glued.empty()) {
      options.help_for = "--help";
      return {};
    }
    if (command == for_snapshot && (word[1] == 'f' || word[1] == 'r')) {
      const std::string_view value = glued.empty() ? TRY(value_of(word, word[1] == 'f' ? "NAME" : "NEW=OLD")) : glued;
      return flag(format("{}={}", word[1] == 'f' ? "--init-func" : "--rename-func", value));
    }
    if (command == for_logs && word == "-f") {
      options.follows = true;
      return {};
    }
    if ((command == for_up || command == for_build) && word[1] == 'f') {
      options.manifest = glued.empty() ? TRY(value_of(word, "FILE")) : glued;
      return {};
    }
    if (word[1] == 'o' && (command == for_compile || command == for_policy || command == for_snapshot)) {
      options.output = glued.empty() ? TRY(value_of("-o", "FILE")) : glued;
      return {};
    }
    for (const Group& known : groups()) {
      if (known.letter != word[1] || (known.commands & command) == 0) continue;
      const std::string_view list = glued.empty() ? TRY(value_of(word, "KEY=VALUE,… (or help)")) : glued;
      if ((known.commands & for_compile) != 0) options.engine_flags.push_back(format("-{}{}", known.letter, list));
      return group(known.letter, list);
    }
    if (!why_refused(name).empty()) return unknown(name, {});
    return unknown(word.substr(0, 2), {});
  }

  // WasmEdge's --reactor: the first word behind the file is the function to call.
  Result<void> name_function() {
    if (options.words.size() < 2 || !options.invoke.empty())
      return fail(ErrorKind::bad_input, "--reactor takes the function's name behind the file, and no --invoke");
    options.invoke = options.words[1];
    options.words.erase(options.words.begin() + 1);
    return {};
  }

  // Variables that --env set are those of --env.
  void inherit_environment() {
    std::vector<std::string> inherited;
    for (std::string& variable : os::environment()) {
      const std::string_view name = std::string_view(variable).substr(0, variable.find('=') + 1);
      const auto is_same = [&](const std::string& one) { return one.starts_with(name); };
      if (std::ranges::none_of(options.environment, is_same)) inherited.push_back(std::move(variable));
    }
    inherited.insert(inherited.end(), options.environment.begin(), options.environment.end());
    options.environment = std::move(inherited);
  }

  // A file of options, which the command line then overrides.
  Result<void> config() {
    return read_config(options.config, [this](char group, std::string_view item) -> Result<void> {
      const auto* const known = std::ranges::find(groups(), group, &Group::letter).base();
      if (known != groups().data() + groups().size() && (known->commands & for_compile) != 0)
        options.engine_flags.push_back(format("-{}{}", group, item));
      return key(group, item);
    });
  }

  Result<Options> run() {
    bool flags_may_follow = true;
    while (at < words.size()) {
      const std::string_view word = words[at++];
      if (flags_may_follow && word == "--") {
        flags_may_follow = false;
      } else if (flags_may_follow && word.starts_with("--")) {
        TRY(flag(word));
      } else if (flags_may_follow && word.size() > 1 && word[0] == '-') {
        TRY(short_flag(word));
      } else {
        options.words.emplace_back(word);
        if (command == for_run) flags_may_follow = false;  // the rest is the guest's
      }
      if (!options.help_for.empty()) break;
    }
    if (command == for_run) {
      for (; at < words.size(); ++at) options.words.emplace_back(words[at]);
      if (options.is_reactor) TRY(name_function());
    }
    if (options.inherits_environment) inherit_environment();
    return std::move(options);
  }
};

}  // namespace

Result<Options> parse(CommandBit command, std::span<const std::string_view> words) {
  auto options = Parser{command, words}.run();
  if (!options || options->config.empty() || !options->help_for.empty()) return options;
  Parser again{command, words};
  again.options.config = options->config;
  TRY(again.config());
  return again.run();
}

}  // namespace mote::cli
