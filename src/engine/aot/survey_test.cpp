// The survey: partitions that depend on the module only, effort by size, the uniform prototype, and what is refused.
#include "engine/aot/survey.h"

#include "engine/aot/module_testing.h"
#include "engine/wasm/decode.h"
#include "engine/wasm/module_builder_testing.h"

#include <gtest/gtest.h>

namespace mote::aot {
namespace {

using testing::Code;
using testing::make_module;

constexpr uint8_t local_get = 0x20, drop = 0x1a, end = 0x0b, return_call = 0x12, call = 0x10;

Code body_of(size_t bytes) {
  Code code{0};  // no locals
  while (code.size() + 4 < bytes) code.insert(code.end(), {local_get, 0, drop});
  code.insert(code.end(), {local_get, 0, end});
  return code;
}

Survey survey_of(const std::vector<Code>& bodies) {
  const Code wasm = make_module(bodies);
  const Result<wasm::Module> module = wasm::decode(wasm);
  EXPECT_TRUE(module) << module.error().text();
  Result<Survey> result = survey(*module);
  EXPECT_TRUE(result) << result.error().text();
  return *result;
}

TEST(Survey, CutsPartitionsBySizeOnly) {
  const Survey survey = survey_of(std::vector<Code>(50, body_of(10 << 10)));
  ASSERT_GT(survey.partitions.size(), 1u);
  uint32_t next = 0;
  for (const Partition& partition : survey.partitions) {
    EXPECT_EQ(partition.first, next);
    EXPECT_LE(partition.weight, partition_max_weight);
    next = partition.last;
  }
  EXPECT_EQ(next, 50u);
}

TEST(Survey, GivesLargeFunctionsLessEffort) {
  const Survey survey = survey_of({body_of(100), body_of(cheap_weight + 100), body_of(huge_weight + 100), body_of(100)});
  EXPECT_EQ(survey.effort, (std::vector<Effort>{Effort::full, Effort::cheap, Effort::none, Effort::full}));
  ASSERT_EQ(survey.partitions.size(), 3u);
  EXPECT_FALSE(survey.partitions[0].is_huge);
  EXPECT_TRUE(survey.partitions[1].is_huge);
  EXPECT_EQ(survey.partitions[1].first, 2u);
  EXPECT_EQ(survey.partitions[1].last, 3u);
}

// A module of two tables of three elements: one that may have more, which may be exported or grown, and one that may not.
Survey survey_of_tables(bool is_exported, bool is_grown) {
  wasm::ModuleBuilder m;
  m.table({0x70, 0x00, 0x03});
  m.table({0x70, 0x01, 0x03, 0x03});
  Code code;
  if (is_grown) code = {0xd0, 0x70, 0x41, 1, 0xfc, 0x0f, 0, drop};  // table.grow 0 (ref.null func) (i32.const 1)
  code.push_back(end);
  m.func(m.func_type({}, {}), code);
  if (is_exported) {
    m.export_("table", 1, 0);
    m.export_("fixed", 1, 1);
  }
  const auto wasm = m.build();
  const Result<wasm::Module> module = wasm::decode(wasm);
  EXPECT_TRUE(module) << module.error().text();
  Result<Survey> result = survey(*module);
  EXPECT_TRUE(result) << result.error().text();
  return *result;
}

TEST(Survey, KnowsTheLengthOfATableThatNothingCanGrow) {
  using Lengths = std::vector<std::optional<uint64_t>>;
  EXPECT_EQ(survey_of_tables(false, false).fixed_lengths, (Lengths{3, 3}));
  EXPECT_EQ(survey_of_tables(true, false).fixed_lengths, (Lengths{std::nullopt, 3}));
  EXPECT_EQ(survey_of_tables(false, true).fixed_lengths, (Lengths{std::nullopt, 3}));
}

TEST(Survey, FindsBothEndsOfTailCalls) {
  const Survey survey =
      survey_of({{0, local_get, 0, return_call, 2, end}, {0, local_get, 0, call, 0, end}, {0, local_get, 0, end}});
  EXPECT_EQ(survey.is_uniform, (std::vector<bool>{true, false, true}));
}

// A block of 1,000 results and branches to it: four bytes move a thousand values.
TEST(Survey, WeighsWhatIsMovedAndLimitsIt) {
  constexpr uint8_t block = 0x02, br_if = 0x0d;
  for (const uint32_t branches : {100u, 20'000u}) {
    Code body{0, block, 1};
    for (int i = 0; i < 1000; ++i) body.insert(body.end(), {local_get, 0});
    for (uint32_t i = 0; i < branches; ++i) body.insert(body.end(), {local_get, 0, br_if, 0});
    body.push_back(end);
    for (int i = 0; i < 1000; ++i) body.push_back(drop);
    body.insert(body.end(), {local_get, 0, end});
    const Code wasm = make_module({body});
    const Result<wasm::Module> module = wasm::decode(wasm);
    ASSERT_TRUE(module) << module.error().text();
    const Result<Survey> result = survey(*module);
    ASSERT_EQ(result.has_value(), branches == 100);
    if (result) {
      EXPECT_EQ(result->effort[0], Effort::none);
    } else {
      EXPECT_EQ(result.error().kind, ErrorKind::limit);
    }
  }
}

TEST(Survey, KnowsWhereObjectsMayMove) {
  const Code wasm = make_module({{0, local_get, 0, end}, {0, local_get, 0, 0x10, 0, end}});
  const Result<wasm::Module> module = wasm::decode(wasm);
  ASSERT_TRUE(module);
  const Result<Survey> result = survey(*module);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->has_safepoints, (std::vector<bool>{false, true}));
  EXPECT_FALSE(result->has_handlers);
}

}  // namespace
}  // namespace mote::aot
