// SQLite (database.h).
#include "platform/outbox/database.h"

#include "base/core/format.h"

#include <sqlite3.h>

#include <utility>

namespace mote::outbox {

void Database::End::operator()(sqlite3* handle) const {
  (void)sqlite3_close_v2(handle);
}
void Statement::End::operator()(sqlite3_stmt* statement) const {
  (void)sqlite3_finalize(statement);
}

std::unexpected<DatabaseError> Database::failure(int code) const {
  const auto made = [&](ErrorKind kind, const std::string& what, bool is_damage = false) {
    return std::unexpected(DatabaseError{{kind, format("outbox {}: {}", path_, what)}, is_damage});
  };
  const char* const words = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  switch (code & 0xff) {  // the rest tells more of the same
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return made(ErrorKind::bad_input, format("the file is damaged: {}", words), true);
    case SQLITE_FULL:
      return made(ErrorKind::unavailable, "the disk is full: make room on it");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return made(ErrorKind::unavailable, "another process uses it: give each server an outbox of its own");
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return made(ErrorKind::denied, format("cannot be written: {}", words));
    case SQLITE_CANTOPEN:
      return made(ErrorKind::unavailable, format("cannot be opened: {}; is its folder there, and may it be written?", words));
    default:
      return made(ErrorKind::unavailable, format("{} (SQLite {})", words, code));
  }
}

Stored<std::unique_ptr<Database>> Database::open(const std::string& path) {
  std::unique_ptr<Database> made(new Database(path));
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  made->handle_.reset(handle);
  if (code != SQLITE_OK) return made->failure(code);
  (void)sqlite3_extended_result_codes(handle, 1);
  return made;
}

Stored<void> Database::run(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Stored<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  Statement made;
  made.statement_.reset(statement);
  made.database_ = this;
  if (code != SQLITE_OK) return failure(code);
  return made;
}

Stored<std::string> Database::value(const char* sql) {
  Statement statement = TRY(prepare(sql));
  if (!TRY(statement.step())) return std::string();
  return std::string(statement.text(0));
}

Stored<int64_t> Database::number(const char* sql) {
  Statement statement = TRY(prepare(sql));
  if (!TRY(statement.step())) return 0;
  return statement.number(0);
}

void Database::keep_log() {
  (void)sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

// Binding fails for places that there are not, and for values that are too large, which step() finds: nothing is bound then.
void Statement::bind(int at, int64_t value) {
  (void)sqlite3_bind_int64(statement_.get(), at, value);
}
void Statement::bind(int at, std::string_view text) {
  (void)sqlite3_bind_text64(statement_.get(), at, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                            SQLITE_UTF8);
}
void Statement::bind(int at, Bytes blob) {
  if (blob.empty()) {
    (void)sqlite3_bind_zeroblob(statement_.get(), at, 0);
  } else {
    (void)sqlite3_bind_blob64(statement_.get(), at, blob.data(), blob.size(), SQLITE_STATIC);
  }
}
void Statement::bind_nothing(int at) {
  (void)sqlite3_bind_null(statement_.get(), at);
}

Stored<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->failure(code);
}

int64_t Statement::number(int at) const {
  return sqlite3_column_int64(statement_.get(), at);
}
std::optional<int64_t> Statement::number_or_nothing(int at) const {
  if (sqlite3_column_type(statement_.get(), at) == SQLITE_NULL) return std::nullopt;
  return number(at);
}
std::string_view Statement::text(int at) const {
  const auto* const begin = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), at));
  const int size = sqlite3_column_bytes(statement_.get(), at);
  return begin == nullptr ? std::string_view() : std::string_view(begin, static_cast<size_t>(size));
}
Bytes Statement::blob(int at) const {
  const auto* const begin = static_cast<const uint8_t*>(sqlite3_column_blob(statement_.get(), at));
  const int size = sqlite3_column_bytes(statement_.get(), at);
  return begin == nullptr ? Bytes() : Bytes(begin, static_cast<size_t>(size));
}

void Statement::reset() {
  if (!statement_) return;
  (void)sqlite3_reset(statement_.get());
  (void)sqlite3_clear_bindings(statement_.get());
}

}  // namespace mote::outbox
