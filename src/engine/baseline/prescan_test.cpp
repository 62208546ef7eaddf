// The prescan: weights by loop depth, what a loop uses, and bytes that are no code.
#include "engine/baseline/prescan.h"

#include <gtest/gtest.h>

#include <random>

namespace mote::baseline {
namespace {

constexpr uint8_t block = 0x02, loop = 0x03, end = 0x0b, call = 0x10, local_get = 0x20, local_set = 0x21, drop = 0x1a, load = 0x28,
                  br_table = 0x0e, none = 0x40;

Prescan scanned(const std::vector<uint8_t>& body) {
  Prescan prescan;
  prescan.scan(body);
  return prescan;
}

TEST(Prescan, WeighsUsesByLoopDepth) {
  const Prescan prescan =
      scanned({local_get, 0, drop, loop, none, local_get, 1, local_set, 2, loop, none, local_get, 1, drop, end, end, end});
  EXPECT_TRUE(prescan.is_complete());
  EXPECT_EQ(prescan.weight(0), 1u);
  EXPECT_EQ(prescan.weight(1), 8u + 64u);
  EXPECT_EQ(prescan.weight(2), 8u);
  EXPECT_EQ(prescan.named_locals(), 3u);
}

TEST(Prescan, TellsOfEachLoopWhatIsInIt) {
  const Prescan prescan = scanned({loop, none, local_get, 3,    drop,      loop, none, call, 0, local_get, 70,  local_set, 5,
                                   end,  end,  loop,      none, local_get, 0,    load, 2,    0, drop,      end, end});
  ASSERT_EQ(prescan.loops().size(), 3u);
  const Prescan::Loop &outer = prescan.loops()[0], &inner = prescan.loops()[1], &last = prescan.loops()[2];
  EXPECT_EQ(outer.offset, 0u);
  EXPECT_EQ(outer.used, 1ull << 3 | 1ull << 6 | 1ull << 5);  // local 70 shares a bit with local 6
  EXPECT_TRUE(outer.has_call);
  EXPECT_EQ(inner.set, 1ull << 5);
  EXPECT_FALSE(inner.has_memory);
  EXPECT_FALSE(last.has_call);
  EXPECT_TRUE(last.has_memory);
  EXPECT_EQ(last.used, 1ull);
}

TEST(Prescan, SkipsImmediates) {
  // i32.const 0x20 0x00 …: bytes that look like local.get; a br_table whose depths do; a v128.const full of them.
  std::vector<uint8_t> body = {0x41, 0xa0, 0xa0, 0xa0, 0xa0, 0x00, drop, local_get, 0, br_table, 2, 0x20, 0x20, 0x20, 0xfd, 0x0c};
  body.insert(body.end(), 16, local_get);
  body.insert(body.end(), {drop, end});
  const Prescan prescan = scanned(body);
  EXPECT_TRUE(prescan.is_complete());
  EXPECT_EQ(prescan.named_locals(), 1u);
  EXPECT_TRUE(prescan.may_have_vectors());
}

TEST(Prescan, ReadsReferenceBlockTypes) {
  const Prescan prescan = scanned({block, 0x63, 0x20, local_get, 9, end, end});
  EXPECT_TRUE(prescan.is_complete());
  EXPECT_EQ(prescan.named_locals(), 10u);
}

TEST(Prescan, StopsAtWhatItDoesNotKnow) {
  EXPECT_FALSE(scanned({local_get, 0, 0xf0, 0x00, local_get, 5, end}).is_complete());
  EXPECT_FALSE(scanned({loop, none, local_get, 0}).is_complete());
  EXPECT_FALSE(scanned({}).is_complete());
  // There may be vectors behind it.
  EXPECT_FALSE(scanned({local_get, 0, 0xf0, 0x00, local_get, 5, end}).may_have_vectors());
  EXPECT_TRUE(scanned({local_get, 0, 0xf0, 0x00, local_get, 5, 0xfd, 0x0f, drop, end}).may_have_vectors());
}

TEST(Prescan, SurvivesAnyBytes) {
  std::mt19937 random(1);
  Prescan prescan;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<uint8_t> body(random() % 64);
    for (uint8_t& byte : body) byte = static_cast<uint8_t>(random());
    prescan.scan(body);
    EXPECT_LE(prescan.loops().size(), body.size());
  }
}

}  // namespace
}  // namespace mote::baseline
