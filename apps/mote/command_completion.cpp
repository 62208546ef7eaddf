// mote completion: scripts that complete mote's words in a shell, made from the same tables as parsing and help, so that they
// cannot lag behind. What follows the file belongs to the guest: there, files are completed. Tested by tests/cases/completion.case.
#include "apps/mote/commands.h"
#include "apps/mote/report.h"
#include "base/core/format.h"

#include <algorithm>
#include <utility>

namespace mote::cli {
namespace {

// "guard|dense|auto" → guard dense auto; nothing for a value that is not a choice ("N", "NAME=VALUE").
std::vector<std::string> choices(std::string_view value) {
  std::vector<std::string> words;
  if (value.find('|') == value.npos) return words;
  while (!value.empty()) {
    const size_t bar = std::min(value.find('|'), value.size());
    words.emplace_back(value.substr(0, bar));
    value.remove_prefix(std::min(bar + 1, value.size()));
  }
  return words;
}

std::string joined(const std::vector<std::string>& words, std::string_view between = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  names.emplace_back("help");
  return names;
}

// The words that may stand before a command's file: long flags and group letters.
std::vector<std::string> words_of(const Command& command) {
  std::vector<std::string> words = {"--help"};
  for (const Flag& flag : flags()) {
    if ((flag.commands & command.bit) != 0) words.emplace_back(flag.name);
  }
  for (const Group& group : groups()) {
    if ((group.commands & command.bit) != 0) words.push_back(format("-{}", group.letter));
  }
  return words;
}

// A text inside single quotes, for all three shells. ':' and brackets mean something to zsh's _arguments and _describe.
std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'')
      out += "’";
    else if (c == '[' || c == ']' || c == ':')
      out += c == ':' ? "," : "";
    else
      out += c;
  }
  return out;
}

std::string bash_script() {
  std::string text = R"(# Completion of mote in bash:  source <(mote completion bash)
_mote() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=run words= key= group= i
)";
  text += format("  case ${{COMP_WORDS[1]}} in {}) command=${{COMP_WORDS[1]}} ;; esac\n", joined(command_names(), "|"));
  // '=' is a word of its own in bash, and a comma list is one word.
  text += R"(  if [[ $current == "=" ]]; then key=$previous current=
  elif [[ $previous == "=" ]]; then key=${COMP_WORDS[COMP_CWORD-2]}
  fi
  key=${key##*,}
  if [[ -n $key ]]; then
    case $key in
)";
  for (const Key& one : keys()) {
    if (const auto values = choices(one.value); !values.empty())
      text += format("      {}) words='{}' ;;\n", one.name, joined(values));
  }
  text += R"(    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case $previous in
)";
  for (const Group& group : groups()) {
    std::vector<std::string> names;
    for (const Key& one : keys()) {
      if (one.group == group.letter) names.push_back(format("{}=", one.name));
    }
    text += format("    -{}) words='{} help' ;;\n", group.letter, joined(names));
  }
  text += "  esac\n  if [[ $COMP_CWORD == 2 && $current != -* ]]; then\n    case $command in\n";
  for (const Command& command : commands()) {
    if (!command.words.empty()) text += format("      {}) words='{}' ;;\n", command.name, joined(choices(command.words)));
  }
  text += R"(    esac
    if [[ -n $words ]]; then
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      return
    fi
  fi
  if [[ -n $words ]]; then
    local before=
    if [[ $current == *,* ]]; then before=${current%,*},; fi
    COMPREPLY=($(compgen -P "$before" -W "$words" -- "${current##*,}"))
    compopt -o nospace 2>/dev/null
    return
  fi
  if [[ $current == -* ]]; then
    case $command in
)";
  for (const Command& command : commands()) text += format("      {}) words='{}' ;;\n", command.name, joined(words_of(command)));
  text += format(R"(    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  COMPREPLY=($(compgen -f -- "$current"))
  compopt -o filenames 2>/dev/null
  if [[ $COMP_CWORD == 1 ]]; then COMPREPLY+=($(compgen -W '{}' -- "$current")); fi
}}
complete -F _mote mote
)",
                 joined(command_names()));
  return text;
}

std::string zsh_flag(const Flag& flag) {
  if (flag.value.empty()) return format("'{}[{}]'", flag.name, quoted(flag.help));
  if (flag.value.starts_with('[')) {
    return format("'*{}=-[{}]::{}:'", flag.name, quoted(flag.help), flag.value.substr(1, flag.value.size() - 2));
  }
  const std::string_view files = flag.value == "FILE" ? "_files" : flag.value.starts_with("HOST") ? "_files -/" : "";
  return format("'*{}=[{}]:{}:{}'", flag.name, quoted(flag.help), quoted(flag.value), files);
}

std::string zsh_script() {
  std::string text = "#compdef mote\n# Completion of mote in zsh:  source <(mote completion zsh)\n";
  for (const Group& group : groups()) {
    text += format("_mote_{}() {{\n  _values -s , '{}' help", group.letter, quoted(group.help));
    for (const Key& key : keys()) {
      if (key.group != group.letter) continue;
      text += format(" \\\n    '{}[{}]:{}:({})'", key.name, quoted(key.help), quoted(key.value), joined(choices(key.value)));
    }
    text += "\n}\n";
  }
  text += "_mote() {\n  local -a commands=(";
  for (const Command& command : commands()) text += format("\n    '{}:{}'", command.name, quoted(command.summary));
  text += R"(
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe command commands
    _files
    return
  fi
  local command=run
  if [[ -n ${commands[(r)${words[2]}:*]} ]]; then
    command=$words[2]
    shift words
    (( CURRENT-- ))
  fi
  case $command in
)";
  for (const Command& command : commands()) {
    text += format("    {}) _arguments", command.name);
    for (const Flag& flag : flags()) {
      if ((flag.commands & command.bit) != 0) text += format(" \\\n      {}", zsh_flag(flag));
    }
    for (const Group& group : groups()) {
      if ((group.commands & command.bit) != 0)
        text += format(" \\\n      '*-{0}[{1}]:list:_mote_{0}'", group.letter, quoted(group.help));
    }
    if (!command.words.empty()) text += format(" '1:what:({})'", joined(choices(command.words)));
    text += command.bit == for_completion ? " ;;\n" : " '*:file:_files' ;;\n";
  }
  return text + "  esac\n}\ncompdef _mote mote\n";
}

std::string fish_script() {
  std::string text = "# Completion of mote in fish:  mote completion fish | source\n";
  for (const Command& command : commands()) {
    text += format("complete -c mote -n __fish_use_subcommand -a {} -d '{}'\n", command.name, quoted(command.summary));
  }
  for (const Command& command : commands()) {
    const std::string when = format("complete -c mote -n '__fish_seen_subcommand_from {}'", command.name);
    for (const Flag& flag : flags()) {
      if ((flag.commands & command.bit) == 0) continue;
      const std::string_view takes = flag.value.empty() || flag.value.starts_with('[')        ? ""
                                     : flag.value == "FILE" || flag.value.starts_with("HOST") ? " -r"
                                                                                              : " -x";
      text += format("{} -l {}{} -d '{}'\n", when, flag.name.substr(2), takes, quoted(flag.help));
    }
    for (const Group& group : groups()) {
      if ((group.commands & command.bit) == 0) continue;
      std::vector<std::string> words;
      for (const Key& key : keys()) {
        if (key.group != group.letter) continue;
        const auto values = choices(key.value);
        if (values.empty()) words.push_back(format("{}=", key.name));
        for (const std::string& value : values) words.push_back(format("{}={}", key.name, value));
      }
      text += format("{} -s {} -x -a '{}' -d '{}'\n", when, group.letter, joined(words), quoted(group.help));
    }
    if (command.words.empty()) continue;
    text += format("{}{} -a '{}'\n", when, command.bit == for_completion ? " -x" : "", joined(choices(command.words)));
  }
  return text;
}

}  // namespace

int run_completion(Options options) {
  constexpr std::pair<std::string_view, std::string (*)()> shells[] = {
      {"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
  for (const auto& [shell, script] : shells) {
    if (options.words.size() == 1 && options.words[0] == shell) {
      print(script());
      return 0;
    }
  }
  return report("", Error{ErrorKind::bad_input, "completion takes the shell's name: mote completion bash|zsh|fish"});
}

}  // namespace mote::cli
