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

// Two functions of type 0 ([] -> []) and one of type 1 in a table of ten elements, and what else makes them known or not.
struct Elements {
  wasm::ModuleBuilder m;
  Code code = {};
  Code offset = {0x41, 2, end};
  Code table = {0x70, 0x00, 0x0a};
  bool is_table_imported = false;

  Survey::Known known() {
    m.func_type({}, {}), m.func_type({0x7f}, {});
    if (is_table_imported) {
      m.import("host", "table", {1, 0x70, 0x00, 0x0a});
    } else {
      m.table(table);
    }
    code.push_back(end);
    m.func(0, code), m.func(0, {end}), m.func(1, {end});
    Code segment{0x00};  // active, table 0
    segment.insert(segment.end(), offset.begin(), offset.end());
    segment.insert(segment.end(), {3, 1, 2, 0});
    m.element(segment);
    const auto wasm = m.build();
    const Result<wasm::Module> module = wasm::decode(wasm);
    EXPECT_TRUE(module) << module.error().text();
    Result<Survey> result = survey(*module);
    EXPECT_TRUE(result) << result.error().text();
    return result->known_elements;
  }
};

TEST(Survey, KnowsTheElementsOfATableThatNothingCanChange) {
  const Survey::Known all{{{0, 0}, {{2, 1}, {4, 0}}}, {{0, 1}, {{3, 2}}}};
  EXPECT_EQ(Elements().known(), all);
  EXPECT_EQ((Elements{.code = {0xd0, 0x70, 0x41, 1, 0xfc, 0x0f, 0, drop}}.known()), all);  // table.grow
  Elements exported;
  exported.m.export_("table", 1, 0);
  EXPECT_EQ(exported.known(), Survey::Known());
  EXPECT_EQ((Elements{.is_table_imported = true}.known()), Survey::Known());
  EXPECT_EQ((Elements{.offset = {0x41, 8, end}}.known()), Survey::Known());  // does not fit
  Elements large;                                                            // of which only the end is filled: not looked at
  large.table = {0x70, 0x00, 0x80, 0x80, 0x80, 0x01};
  large.offset = {0x41, 0xf0, 0xff, 0xff, 0x00, end};
  EXPECT_EQ(large.known(), Survey::Known());
  Elements by_import;  // an offset that is told later
  by_import.m.import("host", "offset", {3, 0x7f, 0x00});
  by_import.offset = {0x23, 0, end};
  EXPECT_EQ(by_import.known(), Survey::Known());
}

TEST(Survey, KnowsNoElementsOfATableThatCodeChanges) {
  const Code three{0x41, 0, 0x41, 0, 0x41, 0};
  const auto with = [](Code code, std::initializer_list<uint8_t> last) {
    code.insert(code.end(), last);
    return Elements{.code = code}.known();
  };
  EXPECT_EQ(with({0x41, 0, 0xd0, 0x70}, {0x26, 0}), Survey::Known());                 // table.set
  EXPECT_EQ(with({0x41, 0, 0xd0, 0x70, 0x41, 0}, {0xfc, 0x11, 0}), Survey::Known());  // table.fill
  EXPECT_EQ(with(three, {0xfc, 0x0e, 0, 0}), Survey::Known());                        // table.copy
  EXPECT_EQ(with(three, {0xfc, 0x0c, 0, 0}), Survey::Known());                        // table.init
}

// Each is a comparison at every call.
TEST(Survey, ManyElementsOfATypeAreAsGoodAsUnknown) {
  for (const uint8_t count : {4, 5}) {
    wasm::ModuleBuilder m;
    m.func_type({}, {});
    m.table({0x70, 0x00, 0x0a});
    Code segment{0x00, 0x41, 0, end, count};
    for (uint8_t i = 0; i < count; ++i) m.func(0, {end}), segment.push_back(i);
    m.element(segment);
    const auto wasm = m.build();
    const Result<wasm::Module> module = wasm::decode(wasm);
    ASSERT_TRUE(module) << module.error().text();
    const Result<Survey> result = survey(*module);
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(result->known_elements.size(), count == most_known_elements ? 1u : 0u);
  }
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
