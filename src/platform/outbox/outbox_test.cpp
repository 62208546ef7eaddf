// The outbox: order, priority, expiry, budget; what is left after kill -9; files that are damaged, foreign, in use, on a full disk.
#include "platform/outbox/outbox.h"

#include "base/os/file.h"
#include "platform/outbox/appender.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

namespace mote::outbox {
namespace {

using Lines = std::vector<std::string>;

class OutboxTest : public ::testing::Test {
 protected:
  ~OutboxTest() override { EXPECT_TRUE(os::remove_folder(folder)); }

  std::unique_ptr<Outbox> open(uint64_t most_size = 1 << 20) {
    auto opened = Outbox::open({.path = path, .most_size = most_size, .now_ms = [this] { return now_ms; }});
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *std::move(opened) : nullptr;
  }
  std::string refusal() {
    const auto opened = Outbox::open({.path = path});
    return opened ? "opened" : opened.error().message;
  }
  static Entry entry(const std::string& topic, const std::string& payload, uint8_t priority = 0,
                     std::optional<uint32_t> expiry_s = {}) {
    return {{.topic = topic, .payload = {payload.begin(), payload.end()}, .qos = 1, .expiry_s = expiry_s}, priority};
  }
  static Lines texts(const std::vector<Taken>& taken) {
    Lines lines;
    for (const Taken& one : taken)
      lines.push_back(one.message.topic + " " + std::string(one.message.payload.begin(), one.message.payload.end()));
    return lines;
  }
  static void remove(Outbox& outbox, const std::vector<Taken>& taken) {
    std::vector<int64_t> ids;
    for (const Taken& one : taken) ids.push_back(one.id);
    EXPECT_TRUE(outbox.remove(ids));
  }
  void write(const std::string& name, const std::string& content) {
    EXPECT_TRUE(os::write_file_unflushed(name, {reinterpret_cast<const uint8_t*>(content.data()), content.size()}));
  }

  std::string folder = *os::make_temporary_folder("mote-outbox-");
  std::string path = folder + "/outbox.db";
  uint64_t now_ms = 1'000'000;
};

TEST_F(OutboxTest, KeepsAllOfAMessageOverARestart) {
  mqtt::Message message{.topic = "a/b", .payload = {0, 1, 255}, .qos = 2, .is_retained = true, .expiry_s = 60, .is_text = true};
  message.content_type = "text/plain";
  message.response_topic = "answers";
  message.correlation_data = {9, 0};
  message.user_properties = {{"k", "v"}, {"k", ""}, {"", "x"}};
  ASSERT_TRUE(open()->append({message}));
  now_ms += 10'500;
  const auto outbox = open();
  EXPECT_EQ(outbox->counts().messages, 1u);
  EXPECT_EQ(outbox->notice(), "");
  const auto taken = outbox->take(10);
  ASSERT_TRUE(taken && taken->size() == 1);
  const mqtt::Message& found = taken->front().message;
  EXPECT_EQ(found.topic, message.topic);
  EXPECT_EQ(found.payload, message.payload);
  EXPECT_EQ(found.qos, 2);
  EXPECT_TRUE(found.is_retained);
  EXPECT_TRUE(found.is_text);
  EXPECT_EQ(found.expiry_s, 50u);
  EXPECT_EQ(found.content_type, "text/plain");
  EXPECT_EQ(found.response_topic, "answers");
  EXPECT_EQ(found.correlation_data, message.correlation_data);
  EXPECT_EQ(found.user_properties, message.user_properties);
}

TEST_F(OutboxTest, TakesInOrderAndLends) {
  const auto outbox = open();
  for (const char* payload : {"1", "2", "3", "4"}) ASSERT_TRUE(outbox->append(entry("a", payload)));
  const auto first = *outbox->take(2);
  EXPECT_EQ(texts(first), (Lines{"a 1", "a 2"}));
  EXPECT_EQ(texts(*outbox->take(10)), (Lines{"a 3", "a 4"}));
  EXPECT_EQ(outbox->take(10)->size(), 0u);
  remove(*outbox, {first[0]});
  EXPECT_EQ(outbox->counts().messages, 3u);
  outbox->give_back(std::vector{first[1].id});
  EXPECT_EQ(texts(*outbox->take(10)), Lines{"a 2"});
  outbox->give_back();
  EXPECT_EQ(texts(*outbox->take(10)), (Lines{"a 2", "a 3", "a 4"}));
  remove(*outbox, first);  // one of them a second time
  EXPECT_EQ(outbox->counts().messages, 2u);
  EXPECT_EQ(outbox->counts().removed, 2u);
}

TEST_F(OutboxTest, PriorityIsBetweenTopicsAndOrderWithinOne) {
  const auto outbox = open();
  for (const Entry& one : {entry("low", "1"), entry("mixed", "1"), entry("mixed", "2", 5), entry("mixed", "3"),
                           entry("high", "1", 9), entry("low", "2"), entry("middle", "1", 5)})
    ASSERT_TRUE(outbox->append(one));
  EXPECT_EQ(texts(*outbox->take(10)), (Lines{"high 1", "mixed 1", "mixed 2", "middle 1", "low 1", "mixed 3", "low 2"}));
}

// Against a model: whatever the priorities, each topic's messages come in their order.
TEST_F(OutboxTest, OrderOfEachTopicWhateverThePriorities) {
  std::mt19937 random(1);
  const auto outbox = open(100 << 20);
  std::map<std::string, int> next, expected;
  for (int round = 0; round < 30; ++round) {
    std::vector<Entry> entries;
    for (int i = 0; i < 10; ++i) {
      const std::string topic(1, static_cast<char>('a' + random() % 4));
      entries.push_back(entry(topic, std::to_string(next[topic]++), static_cast<uint8_t>(random() % 4)));
    }
    for (const auto& result : outbox->append(entries)) ASSERT_TRUE(result);
    const auto taken = *outbox->take(random() % 12);
    for (const Taken& one : taken) {
      EXPECT_EQ(std::string(one.message.payload.begin(), one.message.payload.end()), std::to_string(expected[one.message.topic]++));
    }
    remove(*outbox, taken);
  }
}

TEST_F(OutboxTest, ExpiredMessagesAreNotSent) {
  const auto outbox = open();
  ASSERT_TRUE(outbox->append(entry("a", "short", 0, 1)));
  ASSERT_TRUE(outbox->append(entry("a", "long", 0, 100)));
  ASSERT_TRUE(outbox->append(entry("a", "ever")));
  now_ms += 1000;
  const auto taken = *outbox->take(10);
  EXPECT_EQ(texts(taken), (Lines{"a long", "a ever"}));
  EXPECT_EQ(taken[0].message.expiry_s, 99u);
  EXPECT_EQ(taken[1].message.expiry_s, std::nullopt);
  EXPECT_EQ(outbox->counts().expired, 1u);
  now_ms += 1'000'000;
  EXPECT_TRUE(outbox->take(10));
  EXPECT_EQ(outbox->counts().messages, 1u);
  remove(*outbox, taken);  // one of them expired while it was lent
  EXPECT_TRUE(outbox->is_empty());
  EXPECT_EQ(outbox->counts().size, 0u);
}

TEST_F(OutboxTest, AFullOutboxRefuses) {
  const auto outbox = open(3000);
  ASSERT_TRUE(outbox->append(entry("a", std::string(1000, 'x'), 0, 1)));
  ASSERT_TRUE(outbox->append(entry("a", std::string(1000, 'y'))));
  const std::vector<Entry> more = {entry("a", std::string(1000, 'z')), entry("a", "small")};
  const auto results = outbox->append(more);
  ASSERT_FALSE(results[0]);
  EXPECT_EQ(results[0].error().kind, ErrorKind::limit);
  EXPECT_NE(results[0].error().message.find("is full: 2 messages of"), std::string::npos) << results[0].error().message;
  EXPECT_TRUE(results[1]);
  EXPECT_EQ(outbox->counts().refused, 1u);
  now_ms += 2000;  // the first expires
  EXPECT_TRUE(outbox->append(more[0]));
  EXPECT_FALSE(outbox->append(entry("a/#", "x")));
}

TEST_F(OutboxTest, AFileOfTwoIsRefused) {
  const auto outbox = open();
  EXPECT_NE(refusal().find("another process uses it"), std::string::npos) << refusal();
}

TEST_F(OutboxTest, ForeignFilesAreLeftAlone) {
  {
    const std::string command =
        "python3 -c \"import sqlite3; c = sqlite3.connect('" + path + "'); c.execute('create table t(x)'); c.commit()\"";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  EXPECT_NE(refusal().find("a database of another program"), std::string::npos) << refusal();
  EXPECT_FALSE(os::exists(path + ".damaged-1"));
  path = folder + "/none/outbox.db";
  EXPECT_NE(refusal().find("cannot be opened"), std::string::npos) << refusal();
}

TEST_F(OutboxTest, ADamagedFileIsMovedAside) {
  write(path, "this is no database, but somebody may want it back");
  {
    const auto outbox = open();
    EXPECT_NE(outbox->notice().find("is damaged"), std::string::npos);
    EXPECT_NE(outbox->notice().find("It was moved to " + path + ".damaged-1 and a new one begun"), std::string::npos)
        << outbox->notice();
    EXPECT_TRUE(outbox->append(entry("a", "1")));
  }
  EXPECT_EQ(os::read_file(path + ".damaged-1", 1000)->size(), 50u);
  write(path, "again");
  EXPECT_NE(open()->notice().find(".damaged-2"), std::string::npos);
}

// Bytes overwritten anywhere: it opens, with or without what was in it, and works; it never dies of it.
TEST_F(OutboxTest, AnyDamage) {
  {
    const auto outbox = open();
    for (int i = 0; i < 200; ++i)
      ASSERT_TRUE(outbox->append(entry("a/" + std::to_string(i % 7), std::string(i * 10, 'x'), static_cast<uint8_t>(i % 3))));
  }
  const auto whole = *os::read_file(path, 10 << 20);
  std::mt19937 random(7);
  int moved = 0;
  for (int round = 0; round < 60; ++round) {
    auto damaged = whole;
    const size_t at = random() % damaged.size(), count = std::min<size_t>(1 + random() % 600, damaged.size() - at);
    for (size_t i = 0; i < count; ++i) damaged[at + i] = static_cast<uint8_t>(random());
    if (round % 5 == 0) damaged.resize(random() % damaged.size());
    ASSERT_TRUE(os::write_file_unflushed(path, damaged));
    (void)os::remove_file(path + "-wal");
    auto opened = Outbox::open({.path = path});
    if (!opened) {  // its name or its version was hit
      EXPECT_NE(opened.error().message.find("name another file"), std::string::npos) << opened.error().message;
      continue;
    }
    moved += (*opened)->notice().empty() ? 0 : 1;
    for (int i = 0; i < 3; ++i) {
      const auto taken = (*opened)->take(50);
      if (!taken || taken->empty()) continue;
      const int64_t first = taken->front().id;
      (void)(*opened)->remove({&first, 1});  // which may find more damage
    }
    EXPECT_TRUE((*opened)->append(entry("a", "x")) || (*opened)->append(entry("a", "x"))) << round;
  }
  EXPECT_GT(moved, 10);
}

TEST_F(OutboxTest, WhatWasAppendedIsThereAfterKill) {
  int expected = 0;
  for (int round = 0; round < 10; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto outbox = Outbox::open({.path = path});
      for (int i = expected; outbox; ++i) {
        const std::vector<Entry> entries = {entry("a", std::to_string(2 * i)), entry("a", std::to_string(2 * i + 1))};
        for (const auto& result : (*outbox)->append(entries))
          if (!result) _exit(1);
        if (::write(ends[1], "x", 1) != 1) _exit(1);
      }
      _exit(1);
    }
    ASSERT_EQ(close(ends[1]), 0);
    char told = 0;
    for (int i = 0; i < 5 + round * 3; ++i) {
      ASSERT_EQ(read(ends[0], &told, 1), 1);
      ++expected;
    }
    ASSERT_EQ(kill(child, SIGKILL), 0);
    while (read(ends[0], &told, 1) == 1) ++expected;
    ASSERT_EQ(close(ends[0]), 0);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    const auto outbox = Outbox::open({.path = path});
    ASSERT_TRUE(outbox) << outbox.error().message;
    EXPECT_EQ((*outbox)->notice(), "");
    const uint64_t there = (*outbox)->counts().messages;
    EXPECT_GE(there, 2u * expected);
    EXPECT_LE(there, 2u * expected + 2);
    expected = static_cast<int>(there / 2);
  }
  const auto outbox = Outbox::open({.path = path});
  int next = 0;
  for (auto taken = *(*outbox)->take(100); !taken.empty(); taken = *(*outbox)->take(100)) {
    for (const Taken& one : taken)
      ASSERT_EQ(std::string(one.message.payload.begin(), one.message.payload.end()), std::to_string(next++));
    remove(**outbox, taken);
  }
  EXPECT_EQ(next, 2 * expected);
}

// A disk that is full, by a limit for the size of files: append() says so, and what it took before is kept.
TEST_F(OutboxTest, ADiskThatIsFull) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit small = {.rlim_cur = 2'000'000, .rlim_max = 2'000'000};
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &small) != 0) _exit(2);
    auto outbox = Outbox::open({.path = path});
    if (!outbox) _exit(3);
    int taken = 0;
    for (; taken < 1000; ++taken) {
      const auto result = (*outbox)->append(entry("a", std::string(1000, 'x')));
      if (result) continue;
      if (result.error().kind != ErrorKind::unavailable || (*outbox)->counts().messages != static_cast<uint64_t>(taken)) _exit(4);
      break;
    }
    _exit(taken > 10 && taken < 1000 ? 100 : 5);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 100);
  const auto outbox = open();
  EXPECT_EQ(outbox->notice(), "");
  EXPECT_GT(outbox->counts().messages, 10u);
  EXPECT_TRUE(outbox->append(entry("a", "there is room again")));
}

TEST_F(OutboxTest, AppendersTellAfterTheFlush) {
  const auto loop = *io::Loop::create();
  const auto outbox = open(1000);
  Appender appender(*outbox, *loop);
  Lines told;
  const auto tell = [&](const std::string& name) {
    return [&told, name](Result<void> result) { told.push_back(name + (result ? "" : " refused")); };
  };
  appender.append(entry("a", "1"), [&](Result<void> result) {
    EXPECT_TRUE(result);
    EXPECT_EQ(outbox->counts().messages, 2u);
    told.push_back("1");
    appender.append(entry("a", "3"), tell("3"));
  });
  appender.append(entry("a", "2"), tell("2"));
  appender.append(entry("a", std::string(2000, 'x')), tell("large"));
  EXPECT_TRUE(outbox->is_empty());
  loop->run_once();
  EXPECT_EQ(told, (Lines{"1", "2", "large refused"}));
  loop->run_once();
  EXPECT_EQ(told.back(), "3");
  EXPECT_EQ(texts(*outbox->take(10)), (Lines{"a 1", "a 2", "a 3"}));
}

}  // namespace
}  // namespace mote::outbox
