// Patterns, and what `files` collects.
#include "platform/manifest/assets.h"

#include "platform/manifest/glob.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace mote::manifest {
namespace {

TEST(Glob, Matches) {
  const auto yes = [](std::string_view pattern, std::string_view path) {
    EXPECT_TRUE(matches_glob(pattern, path)) << pattern << " " << path;
  };
  const auto no = [](std::string_view pattern, std::string_view path) {
    EXPECT_FALSE(matches_glob(pattern, path)) << pattern << " " << path;
  };
  yes("a", "a"), no("a", "ab"), no("a", ""), yes("", "");
  yes("*", "a.b"), no("*", "a/b"), yes("*", ""), yes("*.png", "x.png"), no("*.png", "d/x.png"), yes("a*c*e", "abcde"),
      no("a*c*e", "abcd");
  yes("?", "a"), no("?", "/"), no("?", ""), yes("d/*", "d/x"), no("d/*", "d/x/y");
  yes("**", "a"), yes("**", "a/b/c"), yes("**/x", "x"), yes("**/x", "a/b/x"), no("**/x", "a/bx"), no("**/x", "ax");
  yes("a/**/x", "a/x"), yes("a/**/x", "a/b/c/x"), no("a/**/x", "b/x"), yes("a/**", "a/b/c"), no("a/**", "a"),
      yes("a/**/*.png", "a/b/c.png");
  yes("**/a/**/b", "a/b"), yes("**/a/**/b", "x/a/y/a/z/b");
  no(std::string(200, '*') + "x", std::string(2000, 'y'));  // no explosion
  EXPECT_EQ(glob_folder("images/**/*.png"), "images");
  EXPECT_EQ(glob_folder("a/b?/c"), "a");
  EXPECT_EQ(glob_folder("*.png"), "");
}

// A disk of paths; folders are what lies above.
struct FakeDisk {
  std::set<std::string> files;
  [[nodiscard]] Disk disk() const {
    return {.kind =
                [this](const std::string& path) {
                  if (files.contains(path)) return Disk::Kind::file;
                  const auto below = files.lower_bound(path + "/");
                  return path == "." || (below != files.end() && below->starts_with(path + "/")) ? Disk::Kind::folder
                                                                                                 : Disk::Kind::nothing;
                },
            .list =
                [this](const std::string& folder) {
                  std::map<std::string, Disk::Kind> names;
                  const std::string before = folder == "." ? "" : folder + "/";
                  for (const std::string& file : files) {
                    if (!file.starts_with(before)) continue;
                    const std::string rest = file.substr(before.size());
                    const size_t slash = rest.find('/');
                    names[rest.substr(0, slash)] = slash == rest.npos ? Disk::Kind::file : Disk::Kind::folder;
                  }
                  std::vector<Disk::Entry> entries;
                  for (const auto& [name, kind] : names) entries.push_back({name, kind});
                  return entries;
                }};
  }
};

std::string collected(std::string_view words, const FakeDisk& disk) {
  const auto manifest = parse("[component.a]\nsource = \"a.wasm\"\n" + std::string(words), "m.toml");
  if (!manifest) return manifest.error().message;
  const auto all = assets(*manifest, manifest->components[0], disk.disk());
  if (!all) return all.error().message;
  std::string text;
  for (const Asset& one : *all) text += (text.empty() ? "" : " ") + one.guest + "=" + one.host;
  return text;
}

TEST(Assets, Collects) {
  const FakeDisk disk{{"img/a.png", "img/b.jpg", "img/big/c.png", "styles/x.css", "styles/y/z.css", "one.txt"}};
  EXPECT_EQ(collected("files = [\"img/**/*.png\"]", disk), "img/a.png=img/a.png img/big/c.png=img/big/c.png");
  EXPECT_EQ(collected("files = [\"img/**/*.png\"]\nexclude_files = [\"img/big/*\"]", disk), "img/a.png=img/a.png");
  EXPECT_EQ(collected("files = [{ source = \"styles/\", destination = \"/css\" }, \"one.txt\"]", disk),
            "css/x.css=styles/x.css css/y/z.css=styles/y/z.css one.txt=one.txt");
  EXPECT_EQ(collected("files = [{ source = \"one.txt\", destination = \"/etc/two.txt\" }]", disk), "etc/two.txt=one.txt");
  EXPECT_EQ(collected("files = [\"*.md\"]", disk), "");
  EXPECT_EQ(collected("files = [\"nosuch\"]", disk), "m.toml:3: there is no \"nosuch\"");
  EXPECT_NE(
      collected("files = [{ source = \"img/a.png\", destination = \"/one.txt\" }, \"one.txt\"]", disk).find("have the same place"),
      std::string::npos);
}

TEST(Assets, AreNeededWhereFoldersAreNotEnough) {
  const FakeDisk disk{{"d/x", "one.txt"}};
  const auto needs = [&](std::string_view words) {
    const auto manifest = parse("[component.a]\nsource = \"a.wasm\"\n" + std::string(words), "m.toml").value();
    return needs_assets(manifest, manifest.components[0], disk.disk());
  };
  EXPECT_FALSE(needs(""));
  EXPECT_FALSE(needs("files = [{ source = \"d\", destination = \"/d\" }]"));
  EXPECT_TRUE(needs("files = [{ source = \"d\", destination = \"/d\" }]\nexclude_files = [\"d/x\"]"));
  EXPECT_TRUE(needs("files = [{ source = \"one.txt\", destination = \"/d\" }]"));
  EXPECT_TRUE(needs("files = [\"d/*\"]"));
}

}  // namespace
}  // namespace mote::manifest
