// What a policy says about clocks, random numbers and folders arrives in the process, with the line that says so.
#include "host/granting/granting.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace mote::granting {
namespace {

policy::Policy parsed(std::string_view text) {
  auto policy = policy::parse(text, "p.toml");
  EXPECT_TRUE(policy) << policy.error().text();
  return policy ? *std::move(policy) : policy::Policy();
}

TEST(Granting, TheClockIsThePolicys) {
  const policy::Policy policy = parsed("[clock]\nmode = \"virtual\"\nstart = 2020-01-01T00:00:00Z\n");
  Effects effects(&policy, io::blocking(), Effects::Guests::many);
  EXPECT_EQ(effects.clocks().now_ns(sandbox::ClockId::realtime) / 1'000'000'000, 1577836800U);
  sandbox::Process process(effects.clocks(), effects.random());
  permit(process, policy);
  EXPECT_TRUE(process.clock.is_granted);
  EXPECT_EQ(process.clock.rule, "p.toml:1");
  EXPECT_FALSE(process.random.is_granted);
  EXPECT_EQ(process.random.would_grant, "[random] mode = \"real\"");
}

TEST(Granting, SeededNumbersAreTheSameForEveryEvent) {
  const policy::Policy policy = parsed("[random]\nmode = \"seeded\"\nseed = 7\n");
  Effects effects(&policy, io::blocking(), Effects::Guests::many);
  uint8_t first[8], second[8];
  ASSERT_TRUE(effects.random().fill(first));
  effects.random().begin_event();
  ASSERT_TRUE(effects.random().fill(second));
  EXPECT_TRUE(std::ranges::equal(first, second));
}

TEST(Granting, FoldersAreOpenedAndMissingOnesAreNamed) {
  const auto folder = std::filesystem::temp_directory_path() / "mote-granting-test";
  std::filesystem::create_directories(folder);
  Effects effects(nullptr, io::blocking(), Effects::Guests::one);
  sandbox::Process process(effects.clocks(), effects.random());
  policy::EffectiveFolder grant{.guest = "/data", .host = folder.string(), .read = true, .rule = "p.toml:3", .is_of_policy = true};
  ASSERT_TRUE(open_folders(process, std::span(&grant, 1), false));
  EXPECT_TRUE(process.has_granted_folder());
  grant.host = (folder / "not-there").string();
  const auto missing = open_folders(process, std::span(&grant, 1), false);
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().message.starts_with("p.toml:3: ")) << missing.error().message;
  process.descriptors_most = 1;
  grant.host = folder.string();
  const auto too_many = open_folders(process, std::span(&grant, 1), false);
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().kind, ErrorKind::limit);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mote::granting
