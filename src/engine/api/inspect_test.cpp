#include "engine/api/guest_testing.h"
#include "engine/api/modules_testing.h"

#include <mote/inspect.h>

#include <algorithm>

namespace mote::api {
namespace {

TEST(Inspect, CountsAndNames) {
  const Inspection seen = must(inspect(guest_module()));
  EXPECT_FALSE(seen.is_artifact);
  EXPECT_EQ(seen.size_bytes, guest_module().size());
  EXPECT_EQ(seen.module_sha256.size(), 64u);
  EXPECT_EQ(seen.module_name, "guest");
  EXPECT_EQ(seen.types, 10u);
  EXPECT_EQ(seen.funcs, 14u);
  EXPECT_EQ(seen.globals, 2u);
  EXPECT_EQ(seen.data_segments, 1u);
  ASSERT_EQ(seen.imports.size(), 2u);
  EXPECT_EQ(seen.imports[0].module, "host");
  EXPECT_EQ(seen.imports[0].name, "add");
  EXPECT_EQ(seen.exports.size(), 15u);
  EXPECT_EQ(seen.exports[0].type, "memory 1 4");
}

TEST(Inspect, ListsSectionsInOrder) {
  const Inspection seen = must(inspect(guest_module()));
  std::vector<std::string> names;
  for (const SectionInfo& section : seen.sections) names.push_back(section.name);
  EXPECT_EQ(names, (std::vector<std::string>{"type", "import", "function", "table", "memory", "global", "export", "element", "code",
                                             "data", "name"}));
  EXPECT_TRUE(seen.sections.back().is_custom);
  EXPECT_EQ(seen.sections.back().offset + seen.sections.back().size_bytes, guest_module().size());
}

TEST(Inspect, TellsFeatures) {
  EXPECT_TRUE(must(inspect(guest_module())).features.empty());
  // (module (func i32.const 0 i32.extend8_s drop))
  const Inspection seen =
      must(inspect(bytes_of_hex("0061736d01000000010401600000030201000a08010600"
                                "4100c01a0b")));
  ASSERT_EQ(seen.features.size(), 1u);
  EXPECT_EQ(seen.features[0].count, 1u);
  EXPECT_EQ(seen.features[0].func, 0u);
  EXPECT_EQ(seen.features[0].offset, 25u);
}

TEST(Inspect, ReadsArtifacts) {
  const Inspection seen = must(inspect(answer_artifact(answer_module())));
  EXPECT_TRUE(seen.is_artifact);
  EXPECT_EQ(seen.module_size_bytes, answer_module().size());
  ASSERT_EQ(seen.images.size(), 1u);
  EXPECT_NE(seen.images[0].find("guard"), std::string::npos);
  EXPECT_EQ(seen.exports.size(), 1u);
}

TEST(Inspect, RefusesWhatIsInvalid) {
  auto broken = guest_module();
  broken.resize(broken.size() / 2);
  EXPECT_EQ(inspect(broken).error().kind, ErrorKind::bad_input);
}

// Custom sections that lie about their sizes are read up to where they end.
TEST(Inspect, SurvivesBadCustomSections) {
  for (const char* tail : {"00"
                           "05"
                           "046e616d65",
                           "00"
                           "08"
                           "046e616d65"
                           "00ff01",
                           "00"
                           "0b"
                           "0970726f647563657273"
                           "05",
                           "00"
                           "0e"
                           "0970726f647563657273"
                           "05ffffff"}) {
    EXPECT_TRUE(inspect(bytes_of_hex(std::string("0061736d01000000") + tail)).has_value()) << tail;
  }
}

}  // namespace
}  // namespace mote::api
