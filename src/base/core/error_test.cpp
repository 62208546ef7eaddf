// What a user reads of an Error.
#include <mote/result.h>

#include <gtest/gtest.h>

namespace mote {
namespace {

TEST(Error, TextCarriesTheOffset) {
  EXPECT_EQ((Error{ErrorKind::bad_input, "unexpected end", 0x1f3}.text()), "unexpected end (at offset 0x1f3)");
  EXPECT_EQ((Error{ErrorKind::limit, "too many locals"}.text()), "too many locals");
}

Result<int> passes_on(Result<int> input) {
  int value = TRY(input);
  return value + 1;
}
TEST(Result, TryPassesFailuresOn) {
  EXPECT_EQ(passes_on(1).value(), 2);
  EXPECT_EQ(passes_on(fail(ErrorKind::denied, "no")).error().kind, ErrorKind::denied);
}

}  // namespace
}  // namespace mote
