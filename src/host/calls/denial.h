// Refusals: what a guest asked for and did not get because nothing granted it. Who refuses notes it here, once for each time.
//
// A Denial names the thing, the rule that refused it, and the line that would grant it. Failures that are nobody's decision (a file
// that is not there, a full disk) are none. Listeners see every denial; Recent bounds what is said about equal ones. One store's,
// used by its thread. Tested by denial_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mote::calls {

struct Denial {
  std::string_view kind;        // what sort of thing: "outside", "write", "create", "read", "quota", "clock", … one word, stable
  std::string thing;            // "write to /data/x": what was asked for, fit for a terminal
  std::string rule;             // who says so: "--dir d::/data:ro", "policy.toml:4", "the default"
  std::string would_grant;      // the line that would allow it; empty: no line can
  std::string within = {};      // of files: the path of the folder that was granted …
  std::string subject = {};     // … and of the thing; a folder's with a slash behind it when its list was asked for
  bool is_let_through = false;  // noted only, for whoever learns
  bool is_probe = false;        // what honest programs do as well (an old descriptor number): not worth a line on a terminal

  // "write to /data/x: refused by --dir d::/data:ro; --dir d::/data would allow it"
  [[nodiscard]] std::string text() const;
};

class DenialListener {
 public:
  virtual ~DenialListener() = default;
  virtual void denied(const Denial& denial) = 0;
};

class Denials {
 public:
  void add(DenialListener& listener) { listeners_.push_back(&listener); }
  void note(Denial denial);
  void forget();  // those of an event that is over; listeners remember what they want
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] const Denial& last() const { return last_; }  // of count() > 0

 private:
  std::vector<DenialListener*> listeners_;
  Denial last_;
  uint64_t count_ = 0;
};

// Which denials are new: one for each rule and sort of thing, and up to `things_most` different things for each of those. What is
// known is counted. Bounded by `rules_most` rules, whatever a guest does.
class Recent {
 public:
  static constexpr size_t rules_most = 1000;
  explicit Recent(size_t things_most) : things_most_(things_most) {}
  [[nodiscard]] bool is_new(const Denial& denial);

  struct Rule {
    std::vector<std::string> things;
    uint64_t count = 0;  // in all, those that were new among them
    uint64_t said = 0;   // how often is_new was true
  };
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, Rule>& rules() const { return rules_; }  // by kind and rule
  [[nodiscard]] uint64_t uncounted() const { return uncounted_; }                                            // beyond rules_most

 private:
  size_t things_most_;
  std::map<std::pair<std::string, std::string>, Rule> rules_;
  uint64_t uncounted_ = 0;
};

}  // namespace mote::calls
