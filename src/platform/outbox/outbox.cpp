// The outbox (outbox.h): one table.
//
// Order: by priority, then by age. So that a topic's messages stay in order, a message lifts those of its topic that are before it
// to its own priority: within a topic no message has a higher priority than one before it, and "priority, then id" is the order of
// arrival.
//
// Durability: write-ahead log, flushed with each append (synchronous = FULL). Removing is not flushed (NORMAL): the log keeps its
// order, so after a crash of the machine a removed message may be there again, and one that was appended is.
#include "platform/outbox/outbox.h"

#include "base/core/format.h"
#include "base/os/clock.h"
#include "base/os/file.h"
#include "platform/outbox/database.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace mote::outbox {

namespace {

constexpr uint64_t ns_per_ms = 1'000'000, ms_per_s = 1000;
constexpr uint64_t entry_overhead = 128;              // of a row and its places in indexes, roughly
constexpr const char* application_id = "1299149669";  // "Mote"
constexpr const char* version = "1";
constexpr int most_moved_aside = 1000;

constexpr const char* schema = R"(
  BEGIN;
  CREATE TABLE entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, priority INTEGER NOT NULL, expires_ms INTEGER, size INTEGER NOT NULL,
    qos INTEGER NOT NULL, is_retained INTEGER NOT NULL, is_text INTEGER NOT NULL, payload BLOB NOT NULL, content_type TEXT NOT NULL,
    response_topic TEXT NOT NULL, correlation_data BLOB NOT NULL, user_properties BLOB NOT NULL) STRICT;
  CREATE INDEX entry_order ON entry (priority DESC, id);
  CREATE INDEX entry_topic ON entry (topic, priority);
  CREATE INDEX entry_expiry ON entry (expires_ms) WHERE expires_ms IS NOT NULL;
  PRAGMA application_id = 1299149669;
  PRAGMA user_version = 1;
  COMMIT;)";

uint64_t size_in_outbox(const mqtt::Message& message) {
  uint64_t size = entry_overhead + message.topic.size() + message.payload.size() + message.content_type.size() +
                  message.response_topic.size() + message.correlation_data.size();
  for (const auto& [name, value] : message.user_properties) size += name.size() + value.size() + 2;
  return size;
}

// Names and values in turn, each ended by a NUL, which none contains.
std::string joined(const mqtt::Message& message) {
  std::string text;
  for (const auto& [name, value] : message.user_properties) {
    text.append(name).push_back('\0');
    text.append(value).push_back('\0');
  }
  return text;
}
std::vector<std::pair<std::string, std::string>> separated(Bytes bytes) {
  std::vector<std::string> parts;
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (size_t end = rest.find('\0'); end != std::string_view::npos; end = rest.find('\0')) {
    parts.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  for (size_t i = 0; i + 1 < parts.size(); i += 2) pairs.emplace_back(std::move(parts[i]), std::move(parts[i + 1]));
  return pairs;
}
Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

struct Outbox::State {
  Settings settings;
  std::unique_ptr<Database> database = nullptr;
  Statement insert = {}, lift = {}, select = {}, erase = {}, expire = {}, size_of_expired = {}, size_of_one = {};
  std::set<int64_t> lent = {};
  std::string notice = {};
  Counts counts = {};

  [[nodiscard]] Result<void> open();
  [[nodiscard]] Stored<void> try_to_open();
  [[nodiscard]] Stored<void> open_database();
  void close(bool keeps_log);
  [[nodiscard]] std::array<Statement*, 7> statements() {
    return {&insert, &lift, &select, &erase, &expire, &size_of_expired, &size_of_one};
  }
  [[nodiscard]] Stored<void> look_at_what_is_there();
  [[nodiscard]] Stored<void> prepare();
  [[nodiscard]] Result<void> move_aside(const std::string& reason);
  [[nodiscard]] Error after(DatabaseError failed);
  [[nodiscard]] uint64_t now_ms() const {
    return settings.now_ms ? settings.now_ms() : os::now_ns(os::Clock::realtime) / ns_per_ms;
  }
  [[nodiscard]] Stored<void> drop_expired();
  [[nodiscard]] Stored<void> append_all(std::span<const Entry> entries, std::vector<Result<void>>& results);
  [[nodiscard]] Stored<void> insert_one(const Entry& entry, uint64_t size);
  [[nodiscard]] Stored<std::vector<Taken>> take(uint64_t most);
  [[nodiscard]] Taken read_row() const;
  [[nodiscard]] Stored<void> remove(std::span<const int64_t> ids);
  // Between these, all or nothing.
  template <class Work>
  [[nodiscard]] Stored<void> whole(const char* synchronous, const Work& work);
};

template <class Work>
Stored<void> Outbox::State::whole(const char* synchronous, const Work& work) {
  if (!database) TRY(open_database());  // it could not be opened again when it was moved aside
  TRY(database->run(synchronous));
  TRY(database->run("BEGIN IMMEDIATE"));
  const Counts before = counts;
  auto done = work();
  for (Statement* one : statements()) one->reset();
  if (done) done = database->run("COMMIT");
  if (!done) {
    (void)database->run("ROLLBACK");
    counts = before;
  }
  return done;
}

Result<void> Outbox::State::open() {
  auto opened = open_database();
  if (!opened && opened.error().is_damage) {
    TRY(move_aside(opened.error().error.message));
    opened = open_database();
  }
  if (!opened) return std::unexpected(std::move(opened.error().error));
  return {};
}

// On failure there is no database.
Stored<void> Outbox::State::open_database() {
  auto opened = try_to_open();
  if (!opened) close(opened.error().is_damage);
  return opened;
}

void Outbox::State::close(bool keeps_log) {
  for (Statement* one : statements()) *one = Statement();
  if (database && keeps_log) database->keep_log();
  database.reset();
}

Stored<void> Outbox::State::try_to_open() {
  counts.messages = counts.size = 0;
  lent.clear();
  database = TRY(Database::open(settings.path));
  // Exclusive before the log is first used: then there is no shared memory beside the file, and nobody else comes in.
  TRY(database->run("PRAGMA locking_mode = EXCLUSIVE"));
  if (const std::string mode = TRY(database->value("PRAGMA journal_mode = WAL")); mode != "wal") {
    return std::unexpected(DatabaseError{
        {ErrorKind::unavailable, format("outbox {}: a write-ahead log is not possible there; it is {}", settings.path, mode)}});
  }
  TRY(database->run("PRAGMA journal_size_limit = 4194304; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY"));
  TRY(look_at_what_is_there());
  TRY(prepare());
  counts.messages = static_cast<uint64_t>(TRY(database->number("SELECT count(*) FROM entry")));
  counts.size = static_cast<uint64_t>(TRY(database->number("SELECT total(size) FROM entry")));
  return {};
}

Stored<void> Outbox::State::look_at_what_is_there() {
  const std::string id = TRY(database->value("PRAGMA application_id"));
  const std::string tables = TRY(database->value("SELECT count(*) FROM sqlite_schema"));
  if (id == "0" && tables == "0") return database->run(schema);
  if (id != application_id) {
    return std::unexpected(DatabaseError{
        {ErrorKind::bad_input, format("outbox {}: a database of another program; name another file", settings.path)}});
  }
  if (const std::string found = TRY(database->value("PRAGMA user_version")); found != version) {
    return std::unexpected(
        DatabaseError{{ErrorKind::unsupported, format("outbox {}: of version {}, and this program knows {}; name another file",
                                                      settings.path, found, version)}});
  }
  if (const std::string verdict = TRY(database->value("PRAGMA quick_check(1)")); verdict != "ok") {
    return std::unexpected(
        DatabaseError{{ErrorKind::bad_input, format("outbox {}: the file is damaged: {}", settings.path, verdict)}, true});
  }
  return {};
}

Stored<void> Outbox::State::prepare() {
  insert = TRY(
      database->prepare("INSERT INTO entry (topic, priority, expires_ms, size, qos, is_retained, is_text, payload, content_type, "
                        "response_topic, correlation_data, user_properties) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  lift = TRY(database->prepare("UPDATE entry SET priority = ?2 WHERE topic = ?1 AND priority < ?2"));
  select = TRY(database->prepare(
      "SELECT id, topic, expires_ms, qos, is_retained, is_text, payload, content_type, response_topic, correlation_data, "
      "user_properties FROM entry ORDER BY priority DESC, id"));
  erase = TRY(database->prepare("DELETE FROM entry WHERE id = ?"));
  size_of_one = TRY(database->prepare("SELECT size FROM entry WHERE id = ?"));
  size_of_expired = TRY(database->prepare("SELECT count(*), total(size) FROM entry WHERE expires_ms <= ?"));
  expire = TRY(database->prepare("DELETE FROM entry WHERE expires_ms <= ?"));
  return {};
}

// With its log, so that whatever can be read of it later can be.
Result<void> Outbox::State::move_aside(const std::string& reason) {
  close(true);
  std::string aside;
  for (int number = 1; aside.empty(); ++number) {
    const std::string name = format("{}.damaged-{}", settings.path, number);
    if (!os::exists(name) && !os::exists(name + "-wal")) aside = name;
    if (number == most_moved_aside)
      return fail(ErrorKind::limit,
                  format("{}; {} such files were moved aside already: look at them, and move them away", reason, number));
  }
  // The log first: a log beside a new file would be taken for that one's.
  if (os::exists(settings.path + "-wal")) TRY(os::rename_file(settings.path + "-wal", aside + "-wal"));
  TRY(os::rename_file(settings.path, aside));
  notice = format("{}. It was moved to {} and a new one begun: messages in it were not sent", reason, aside);
  return {};
}

// A file that turns out to be damaged while it is used is exchanged too; what was asked fails all the same, and can be asked again.
Error Outbox::State::after(DatabaseError failed) {
  if (!failed.is_damage) return std::move(failed.error);
  if (auto moved = move_aside(failed.error.message); !moved) return std::move(moved.error());
  if (auto opened = open_database(); !opened) return std::move(opened.error().error);
  return std::move(failed.error);
}

Stored<void> Outbox::State::drop_expired() {
  const auto now = static_cast<int64_t>(now_ms());
  size_of_expired.bind(1, now);
  (void)TRY(size_of_expired.step());
  const auto messages = static_cast<uint64_t>(size_of_expired.number(0)), size = static_cast<uint64_t>(size_of_expired.number(1));
  size_of_expired.reset();
  if (messages == 0) return {};
  expire.bind(1, now);
  (void)TRY(expire.step());
  expire.reset();
  counts.messages -= std::min(counts.messages, messages);
  counts.size -= std::min(counts.size, size);
  counts.expired += messages;
  return {};
}

Stored<void> Outbox::State::insert_one(const Entry& entry, uint64_t size) {
  const mqtt::Message& message = entry.message;
  const std::string user_properties = joined(message);
  insert.bind(1, message.topic);
  insert.bind(2, int64_t{entry.priority});
  if (message.expiry_s) {
    insert.bind(3, static_cast<int64_t>(now_ms() + *message.expiry_s * ms_per_s));
  } else {
    insert.bind_nothing(3);
  }
  insert.bind(4, static_cast<int64_t>(size));
  insert.bind(5, int64_t{message.qos});
  insert.bind(6, int64_t{message.is_retained});
  insert.bind(7, int64_t{message.is_text});
  insert.bind(8, Bytes(message.payload));
  insert.bind(9, message.content_type);
  insert.bind(10, message.response_topic);
  insert.bind(11, Bytes(message.correlation_data));
  insert.bind(12, bytes_of(user_properties));
  (void)TRY(insert.step());
  insert.reset();
  if (entry.priority != 0) {
    lift.bind(1, message.topic);
    lift.bind(2, int64_t{entry.priority});
    (void)TRY(lift.step());
    lift.reset();
  }
  counts.size += size;
  ++counts.messages;
  ++counts.appended;
  return {};
}

Stored<void> Outbox::State::append_all(std::span<const Entry> entries, std::vector<Result<void>>& results) {
  bool has_dropped = false;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (auto checked = check(entries[i].message); !checked) {
      results[i] = std::move(checked);
      continue;
    }
    const uint64_t size = size_in_outbox(entries[i].message);
    if (counts.size + size > settings.most_size && !std::exchange(has_dropped, true)) TRY(drop_expired());
    if (counts.size + size > settings.most_size) {
      ++counts.refused;
      results[i] =
          fail(ErrorKind::limit, format("outbox {} is full: {} messages of {} bytes wait for the uplink; {} bytes are allowed",
                                        settings.path, counts.messages, counts.size, settings.most_size));
      continue;
    }
    TRY(insert_one(entries[i], size));
  }
  return {};
}

Taken Outbox::State::read_row() const {
  Taken one{.id = select.number(0), .message = {.topic = std::string(select.text(1))}};
  mqtt::Message& message = one.message;
  if (const auto expires_ms = select.number_or_nothing(2)) {
    const uint64_t left_ms = static_cast<uint64_t>(*expires_ms) - std::min<uint64_t>(static_cast<uint64_t>(*expires_ms), now_ms());
    message.expiry_s = static_cast<uint32_t>(std::min<uint64_t>((left_ms + ms_per_s - 1) / ms_per_s, UINT32_MAX));
  }
  message.qos = static_cast<uint8_t>(std::clamp<int64_t>(select.number(3), 0, 2));
  message.is_retained = select.number(4) != 0;
  message.is_text = select.number(5) != 0;
  const auto copied = [&](int at) {
    const Bytes bytes = select.blob(at);
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  };
  message.payload = copied(6);
  message.content_type = select.text(7);
  message.response_topic = select.text(8);
  message.correlation_data = copied(9);
  message.user_properties = separated(select.blob(10));
  return one;
}

Stored<std::vector<Taken>> Outbox::State::take(uint64_t most) {
  std::vector<Taken> taken;
  TRY(whole("PRAGMA synchronous = NORMAL", [&]() -> Stored<void> {
    TRY(drop_expired());
    while (taken.size() < most && lent.size() + taken.size() < limits::outbox_lent.standard && TRY(select.step())) {
      if (!lent.contains(select.number(0))) taken.push_back(read_row());
    }
    return {};
  }));
  for (const Taken& one : taken) lent.insert(one.id);
  return taken;
}

Stored<void> Outbox::State::remove(std::span<const int64_t> ids) {
  for (const int64_t id : ids) {
    size_of_one.bind(1, id);
    const bool is_there = TRY(size_of_one.step());
    const auto size = is_there ? static_cast<uint64_t>(size_of_one.number(0)) : 0;
    size_of_one.reset();
    if (!is_there) continue;  // it expired meanwhile
    erase.bind(1, id);
    (void)TRY(erase.step());
    erase.reset();
    counts.size -= std::min(counts.size, size);
    --counts.messages;
    ++counts.removed;
  }
  return {};
}

Result<std::unique_ptr<Outbox>> Outbox::open(Settings settings) {
  if (settings.path.empty()) return fail(ErrorKind::bad_input, "an outbox without a file");
  if (settings.most_size == 0 || settings.most_size > limits::outbox_size.hard)
    return fail(ErrorKind::limit, format("{} is {}; it can be 1 to {} bytes", limits::outbox_size.name, settings.most_size,
                                         limits::outbox_size.hard));
  auto state = std::make_unique<State>(std::move(settings));
  TRY(state->open());
  return std::unique_ptr<Outbox>(new Outbox(std::move(state)));
}

Outbox::Outbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
Outbox::~Outbox() = default;

std::vector<Result<void>> Outbox::append(std::span<const Entry> entries) {
  std::vector<Result<void>> results(entries.size());
  const auto done = state_->whole("PRAGMA synchronous = FULL", [&] { return state_->append_all(entries, results); });
  if (done) return results;
  const Error error = state_->after(done.error());
  std::ranges::fill(results, Result<void>(std::unexpected(error)));
  return results;
}

Result<void> Outbox::append(const Entry& entry) {
  return std::move(append(std::span(&entry, 1)).front());
}

Result<std::vector<Taken>> Outbox::take(uint64_t most) {
  auto taken = state_->take(most);
  if (!taken) return std::unexpected(state_->after(std::move(taken.error())));
  return *std::move(taken);
}

Result<void> Outbox::remove(std::span<const int64_t> ids) {
  const auto done = state_->whole("PRAGMA synchronous = NORMAL", [&] { return state_->remove(ids); });
  if (!done) return std::unexpected(state_->after(done.error()));
  for (const int64_t id : ids) state_->lent.erase(id);
  return {};
}

void Outbox::give_back(std::span<const int64_t> ids) {
  for (const int64_t id : ids) state_->lent.erase(id);
}
void Outbox::give_back() {
  state_->lent.clear();
}

Counts Outbox::counts() const {
  return state_->counts;
}
const std::string& Outbox::notice() const {
  return state_->notice;
}

}  // namespace mote::outbox
