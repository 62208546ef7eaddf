// Topics and filters by section 4.7, texts, what a message may hold.
#include "base/mqtt/message.h"

#include "base/mqtt/limits.h"
#include "base/mqtt/settings.h"

#include <gtest/gtest.h>

namespace mote::mqtt {
namespace {

TEST(TopicTest, FiltersChooseAsTheSpecificationSays) {
  const struct {
    const char *filter, *topic;
    bool is_chosen;
  } rows[] = {
      {"sport/tennis/player1/#", "sport/tennis/player1", true},
      {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
      {"sport/tennis/player1/#", "sport/tennis/player2", false},
      {"#", "a", true},
      {"#", "/", true},
      {"#", "$SYS/a", false},
      {"+/a", "$SYS/a", false},
      {"$SYS/#", "$SYS/a", true},
      {"sport/tennis/+", "sport/tennis/player1", true},
      {"sport/tennis/+", "sport/tennis/player1/ranking", false},
      {"sport/+", "sport", false},
      {"sport/+", "sport/", true},
      {"+/+", "/finance", true},
      {"/+", "/finance", true},
      {"+", "/finance", false},
      {"+", "finance", true},
      {"a/+/c", "a/b/c", true},
      {"a/+/c", "a/b/d", false},
      {"a/b", "a/b/", false},
      {"a/b/", "a/b", false},
      {"a/b/+", "a/b", false},
      {"$share/group/a/#", "a/b", true},
      {"$share/group/a/#", "$share/group/a/b", false},
      {"a", "A", false},
  };
  for (const auto& row : rows) EXPECT_EQ(matches(row.filter, row.topic), row.is_chosen) << row.filter << " " << row.topic;
}

TEST(TopicTest, FiltersAreChecked) {
  for (const char* good : {"#", "+", "/", "a", "a/+/b", "+/#", "$share/g/a", "$share/g/#", "$SYS/+"})
    EXPECT_TRUE(check_filter(good)) << good;
  for (const char* bad :
       {"", "a#", "a/#/b", "a+", "a/b+/c", "#/a", "$share/g", "$share/g/", "$share//a", "$share/+/a", "$share/", "\xff"})
    EXPECT_FALSE(check_filter(bad)) << bad;
  EXPECT_FALSE(check_filter(std::string(65'536, 'a')));
  EXPECT_TRUE(check_filter(std::string(65'535, 'a')));
}

TEST(TextTest, IsUtf8WithoutNul) {
  using namespace std::string_view_literals;
  for (const auto good : {""sv, "a"sv, "\u00e9"sv, "\u20ac"sv, "\U0001f600"sv, "\xed\x9f\xbf"sv, "\xf4\x8f\xbf\xbf"sv})
    EXPECT_TRUE(is_text(good)) << good;
  for (const auto bad : {"\0"sv, "a\0b"sv, "\x80"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv,
                         "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xe2\x82"sv, "\xc3"sv, "\xc3("sv})
    EXPECT_FALSE(is_text(bad));
}

TEST(MessageTest, IsChecked) {
  EXPECT_TRUE(check(Message{.topic = "a/b"}));
  EXPECT_FALSE(check(Message{.topic = ""}));
  EXPECT_FALSE(check(Message{.topic = "a/+"}));
  EXPECT_FALSE(check(Message{.topic = "a", .qos = 3}));
  EXPECT_FALSE(check(Message{.topic = "a", .response_topic = "#"}));
  EXPECT_EQ(check(Message{.topic = std::string(65'536, 'a')}).error().kind, ErrorKind::limit);
  EXPECT_EQ(check(Message{.topic = "a", .payload = std::vector<uint8_t>(limits::mqtt_packet_size.hard)}).error().kind,
            ErrorKind::limit);
  Message many{.topic = "a"};
  many.user_properties.resize(501);
  EXPECT_EQ(check(many).error().kind, ErrorKind::limit);
}

TEST(SettingsTest, AreChecked) {
  const Settings good{.host = "localhost", .client_id = "me"};
  EXPECT_TRUE(check(good));
  const auto with = [&](auto change) {
    Settings made = good;
    change(made);
    return check(made).has_value();
  };
  EXPECT_FALSE(with([](Settings& s) { s.host = ""; }));
  EXPECT_FALSE(with([](Settings& s) { s.client_id = ""; }));
  EXPECT_FALSE(with([](Settings& s) { s.subscriptions = {{"a/#/b", 0}}; }));
  EXPECT_FALSE(with([](Settings& s) { s.subscriptions = {{"a", 3}}; }));
  EXPECT_FALSE(with([](Settings& s) { s.will = Message{.topic = "#"}; }));
  EXPECT_FALSE(with([](Settings& s) { s.deliveries = 0; }));
  EXPECT_FALSE(with([](Settings& s) { s.deliveries = 65'536; }));
  EXPECT_FALSE(with([](Settings& s) { s.keep_alive_ms = 65'536'000; }));
  EXPECT_FALSE(with([](Settings& s) { s.back_off_ms = 2 * s.most_back_off_ms; }));
  EXPECT_FALSE(with([](Settings& s) { s.version = Version::v3_1_1, s.password = "x"; }));
  EXPECT_TRUE(with([](Settings& s) { s.password = "x"; }));
}

}  // namespace
}  // namespace mote::mqtt
