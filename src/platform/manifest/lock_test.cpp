// The lock file: written and read again, compared, refused.
#include "platform/manifest/lock.h"

#include <gtest/gtest.h>

namespace mote::manifest {
namespace {

const std::string one(64, '1'), two(64, 'a');

TEST(Lock, IsReadAsItWasWrittenAndIsSorted) {
  const Lock lock{.file = "mote.lock", .entries = {{"b", "b \"x\".wasm", two}, {"a", "https://example.org/a.wasm", one}}};
  const std::string text = write(lock);
  const auto again = parse_lock(text, "mote.lock");
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_EQ(again->entries.size(), 2u);
  EXPECT_EQ(again->entries[0].component, "a");
  EXPECT_EQ(again->entries[1].source, "b \"x\".wasm");
  EXPECT_EQ(again->find("b")->digest, two);
  EXPECT_EQ(write(*again), text);
  EXPECT_TRUE(parse_lock(write({}), "f"));
}

TEST(Lock, TellsAnotherModule) {
  const auto lock = parse_lock(write({.entries = {{"a", "a.wasm", one}}}), "mote.lock").value();
  EXPECT_TRUE(lock.verify("a", one));
  const auto differs = lock.verify("a", two);
  ASSERT_FALSE(differs);
  EXPECT_EQ(differs.error().kind, ErrorKind::denied);
  EXPECT_TRUE(differs.error().message.starts_with("mote.lock:4: component a is another module than was locked"))
      << differs.error().message;
  EXPECT_EQ(lock.verify("c", one).error().kind, ErrorKind::not_found);
}

TEST(Lock, RefusesWhatIsNone) {
  for (const std::string& bad : {std::string(), std::string("version = 2"), std::string("version = 1\nx = 1"),
                                 "version = 1\n[component.A]\nsource = 'x'\ndigest = 'sha256:" + one + "'",
                                 "version = 1\n[component.a]\nsource = 'x'\ndigest = '" + one + "'",
                                 std::string("version = 1\n[component.a]\nsource = 'x'")})
    EXPECT_FALSE(parse_lock(bad, "f")) << bad;
}

}  // namespace
}  // namespace mote::manifest
