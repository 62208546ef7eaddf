// Database: SQLite as this room uses it: one file, one connection, prepared statements, failures as values. The only file that
// includes SQLite is database.cpp. Private to the room. Tested by outbox_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <mote/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace mote::outbox {

// A failure, and whether it says that the file is damaged, or none of a database.
struct DatabaseError {
  Error error;
  bool is_damage = false;
};
template <class T>
using Stored = std::expected<T, DatabaseError>;

class Database;

// One that is prepared: bound from 1, stepped, read from 0, used again after reset().
class Statement {
 public:
  Statement() = default;
  void bind(int at, int64_t value);
  void bind(int at, std::string_view text);  // which lives until reset()
  void bind(int at, Bytes blob);             // likewise
  void bind_nothing(int at);
  [[nodiscard]] Stored<bool> step();  // whether there is a row
  [[nodiscard]] int64_t number(int at) const;
  [[nodiscard]] std::optional<int64_t> number_or_nothing(int at) const;
  [[nodiscard]] std::string_view text(int at) const;  // until the next step
  [[nodiscard]] Bytes blob(int at) const;             // likewise
  void reset();

 private:
  friend class Database;
  struct End {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, End> statement_;
  const Database* database_ = nullptr;
};

class Database {
 public:
  // Makes the file when there is none.
  [[nodiscard]] static Stored<std::unique_ptr<Database>> open(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] Stored<void> run(const char* sql);
  [[nodiscard]] Stored<std::string> value(const char* sql);  // the first column of the first row; empty when there is none
  [[nodiscard]] Stored<int64_t> number(const char* sql);     // likewise
  [[nodiscard]] Stored<Statement> prepare(const char* sql);
  void keep_log();  // the end of this leaves the log as it is, and does not move it into the file

 private:
  friend class Statement;
  struct End {
    void operator()(sqlite3* handle) const;
  };
  explicit Database(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] std::unexpected<DatabaseError> failure(int code) const;

  std::string path_;
  std::unique_ptr<sqlite3, End> handle_;
};

}  // namespace mote::outbox
