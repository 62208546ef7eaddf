// What a script needs of an engine. The front door implements it (mote_engine.cpp), and so does the oracle, so that both are
// judged by the same runner.
//
// One ScriptEngine runs one script: its store is fresh, with the `spectest` module registered, and is dropped with it.
#pragma once

#include "base/core/bytes.h"
#include "script.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::spec {

struct Outcome {
  enum Kind : uint8_t {
    done,         // accepted, instantiated, or returned `values`
    trap,         // `words` begins with the specification's
    exception,    // left uncaught
    refused,      // the bytes are malformed or invalid
    unlinkable,   // an import is missing or of a wrong type
    unsupported,  // a valid module that this engine says it cannot run
    error,        // anything else: always a failure of the engine
  };
  Kind kind = done;
  std::string words = {};
  std::vector<ScriptValue> values = {};
};

class ScriptEngine {
 public:
  using Instance = size_t;  // numbered by the engine
  virtual ~ScriptEngine() = default;

  // Decodes and validates; `refused` or `done`.
  virtual Outcome validate(Bytes module) = 0;
  // The module names that a valid module imports from.
  virtual std::vector<std::string> import_modules(Bytes module) = 0;
  // `name` is for messages.
  virtual Outcome instantiate(Bytes module, const std::string& name, Instance& instance) = 0;
  virtual Outcome register_as(const std::string& name, Instance instance) = 0;
  virtual Outcome invoke(Instance instance, const std::string& field, const std::vector<ScriptValue>& args) = 0;
  virtual Outcome get_global(Instance instance, const std::string& field) = 0;
  // An engine for a thread of the script, with a store of its own in which nothing is registered. Its instance 0 exports what the
  // instance `shared`, if given, has of shared memories. Null: this engine runs no threads.
  virtual std::unique_ptr<ScriptEngine> for_thread(std::optional<Instance> shared) = 0;
};

// One column of the matrix: how its lines are called, and what makes its engines.
struct Configuration {
  std::string tier;  // "optimizing"
  std::string mode;  // "guard"
  std::function<std::unique_ptr<ScriptEngine>()> make;
};

}  // namespace mote::spec
