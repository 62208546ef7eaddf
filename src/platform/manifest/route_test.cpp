// Routes as Spin has them: what matches, what wins, what is refused; and that matching allocates nothing.
#include "platform/manifest/route.h"

#include "base/core/allocations_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

namespace mote::manifest {
namespace {

class Routes {
 public:
  Routes(std::string_view base, std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) {
      auto route = std::make_unique<Route>();
      if (text == "private")
        route->is_private = true;
      else
        *route = Route::parse(text).value();
      routes_.push_back(std::move(route));
    }
    std::vector<const Route*> pointers;
    for (const auto& route : routes_) pointers.push_back(route.get());
    router_ = Router(base, pointers);
  }
  // "/a/:x x=1 rest=/b": the route and what it took; empty when there is none.
  std::string operator()(std::string_view path) const {
    const auto match = router_.match(path);
    if (!match) return "";
    EXPECT_EQ(match->route, routes_[match->index]->text);
    std::string text(match->route);
    for (size_t i = 0; i < match->parameter_count; ++i)
      text += " " + std::string(match->parameters[i].name) + "=" + std::string(match->parameters[i].value);
    if (!match->path_info.empty()) text += " rest=" + std::string(match->path_info);
    return text;
  }
  const Router& router() const { return router_; }

 private:
  std::vector<std::unique_ptr<Route>> routes_;
  Router router_;
};

TEST(Route, WinsByWhatIsMoreSpecific) {
  const Routes find("/", {"/...", "/a", "/a/:x", "/a/b", "/a/b/...", "/:y/c", "/a/:x/d/:z", "/"});
  EXPECT_EQ(find("/"), "/");
  EXPECT_EQ(find("/a"), "/a");
  EXPECT_EQ(find("/a/"), "/a");
  EXPECT_EQ(find("/a/b"), "/a/b");
  EXPECT_EQ(find("/a/b/"), "/a/b");
  EXPECT_EQ(find("/a/b/1/2"), "/a/b/... rest=/1/2");
  EXPECT_EQ(find("/a/q"), "/a/:x x=q");
  EXPECT_EQ(find("/a/c"), "/a/:x x=c");  // the first segment decides first
  EXPECT_EQ(find("/q/c"), "/:y/c y=q");
  EXPECT_EQ(find("/a/b/d/e"), "/a/b/... rest=/d/e");
  EXPECT_EQ(find("/a/q/d/e"), "/a/:x/d/:z x=q z=e");
  EXPECT_EQ(find("/a/q/x/e"), "/... rest=/a/q/x/e");  // back from where it led nowhere
  EXPECT_EQ(find("/z"), "/... rest=/z");
  EXPECT_EQ(find("//"), "/... rest=//");
  EXPECT_EQ(find("/a//d/e"), "/... rest=/a//d/e");  // no parameter is empty
}

TEST(Route, TakesNothingThatIsNotNamed) {
  const Routes find("/", {"/a/:x", "/f/...", "private"});
  EXPECT_EQ(find("/"), "");
  EXPECT_EQ(find("/a"), "");
  EXPECT_EQ(find("/a/"), "");
  EXPECT_EQ(find("/a/b/c"), "");
  EXPECT_EQ(find(""), "");
  EXPECT_EQ(find("*"), "");
  EXPECT_EQ(find("a/b"), "");
  EXPECT_EQ(find("/f"), "/f/...");
  EXPECT_EQ(find("/f/"), "/f/... rest=/");
  EXPECT_EQ(find("/f/x/"), "/f/... rest=/x/");
  EXPECT_EQ(find("/F"), "");
  EXPECT_EQ(find("/%66"), "");  // nothing is decoded
}

TEST(Route, LiesUnderABase) {
  const Routes find("/app/v1", {"/", "/x", "/files/..."});
  EXPECT_EQ(find("/x"), "");
  EXPECT_EQ(find("/app"), "");
  EXPECT_EQ(find("/app/v1"), "/");
  EXPECT_EQ(find("/app/v1/x"), "/x");
  EXPECT_EQ(find("/app/v1/files/a"), "/files/... rest=/a");
  EXPECT_FALSE(Router().match("/"));
}

TEST(Route, RefusesWhatIsNone) {
  for (const std::string_view bad : {"", "a", "/a//b", "/.../a", "/a/:", "/a/:1", "/:a/:a", "/a b", "/a?b", "/\xc3\xa4"})
    EXPECT_FALSE(Route::parse(bad)) << bad;
  for (const std::string_view good : {"/", "/...", "/a/", "/a.b/~c", "/:a/:b-c", "/%20", "/a..."})
    EXPECT_TRUE(Route::parse(good)) << good;
  std::string many;
  for (int i = 0; i < 17; ++i) many += "/:p" + std::to_string(i);
  EXPECT_FALSE(Route::parse(many));
}

TEST(Route, ShapesAreEqualWhereTheSamePathsMatch) {
  const auto shape = [](std::string_view text) { return Route::parse(text)->shape(); };
  EXPECT_EQ(shape("/a/:x"), shape("/a/:y/"));
  EXPECT_EQ(shape("/"), "");
  EXPECT_NE(shape("/a"), shape("/a/..."));
  EXPECT_NE(shape("/a/b"), shape("/a/:b"));
}

// Against the plain definition: of all routes that fit, the one whose segments are more specific from the left.
TEST(Route, AgreesWithTheDefinition) {
  std::mt19937 random(1);
  const auto pick = [&](auto... words) {
    const std::array<std::string_view, sizeof...(words)> all{words...};
    return all[random() % all.size()];
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<Route> routes;
    for (int i = 0; i < 12; ++i) {
      std::string text;
      const auto size = random() % 4;
      for (size_t j = 0; j < size; ++j) text += std::string("/") + std::string(pick("a", "b", ":p"));
      for (size_t j = 0, n = 0; (j = text.find(":p", j)) != text.npos; ++j) text.insert(j + 2, std::to_string(n++));
      if (random() % 3 == 0) text += "/...";
      const Route route = Route::parse(text.empty() ? "/" : text).value();
      const bool is_new = std::ranges::none_of(routes, [&](const Route& one) { return one.shape() == route.shape(); });
      if (is_new) routes.push_back(route);
    }
    std::vector<const Route*> pointers;
    for (const Route& route : routes) pointers.push_back(&route);
    const Router router("/", pointers);
    for (int i = 0; i < 60; ++i) {
      std::vector<std::string> parts;
      for (size_t j = random() % 5; j > 0; --j) parts.emplace_back(pick("a", "b", "c"));
      std::string path;
      for (const std::string& part : parts) path += "/" + part;
      std::string best, best_key = "~";
      for (const Route& route : routes) {
        const size_t n = route.segments.size();
        if (n > parts.size() || (!route.takes_rest && n != parts.size())) continue;
        std::string key;
        bool fits = true;
        for (size_t j = 0; j < n; ++j) {
          fits = fits && (route.segments[j].is_parameter || route.segments[j].text == parts[j]);
          key += route.segments[j].is_parameter ? '1' : '0';
        }
        key += route.takes_rest ? '2' : '0';
        if (fits && key < best_key) best = route.text, best_key = key;
      }
      const auto match = router.match(path.empty() ? "/" : path);
      EXPECT_EQ(match ? std::string(match->route) : "", best) << path;
    }
  }
}

TEST(Route, AllocatesNothing) {
  const Routes find("/", {"/...", "/a/:x/:y", "/a/b/c"});
  const uint64_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(find.router().match("/a/1/2"));
    ASSERT_TRUE(find.router().match("/a/b/c/d/e/f/g"));
  }
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace mote::manifest
