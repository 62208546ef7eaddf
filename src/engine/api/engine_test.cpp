#include "engine/api/guest_testing.h"

#include <mote/compiler.h>

#include <algorithm>
#include <filesystem>

namespace mote::api {
namespace {

Engine::Setting setting(const Engine& engine, std::string_view name) {
  const auto settings = engine.settings();
  const auto found = std::ranges::find(settings, name, &Engine::Setting::name);
  EXPECT_NE(found, settings.end()) << name;
  return found == settings.end() ? Engine::Setting{} : *found;
}

TEST(Engine, DecidesEverythingAndSaysWhy) {
  const Engine engine = must(Engine::create());
  EXPECT_NE(engine.codegen().memory, MemoryMode::automatic);
  EXPECT_NE(engine.codegen().cpu, CodegenOptions::Cpu::host_level);
  EXPECT_NE(setting(engine, "memory").reason, "");
  EXPECT_NE(setting(engine, "cpu").reason, "");
  EXPECT_EQ(setting(engine, "cache").value, "n");
  const CodegenOptions same = decide({});
  EXPECT_EQ(same.memory, engine.codegen().memory);
  EXPECT_EQ(same.cpu, engine.codegen().cpu);
}

TEST(Engine, TakesWhatItIsTold) {
  EngineConfig config;
  config.codegen = {.memory = MemoryMode::dense, .cpu = CodegenOptions::Cpu::v2};
  const Engine engine = must(Engine::create(config));
  EXPECT_EQ(setting(engine, "memory").value, "dense");
  EXPECT_EQ(setting(engine, "memory").reason, "asked for");
  EXPECT_EQ(setting(engine, "cpu").value, "x86-64-v2");
}

TEST(Engine, RefusesOddConfigurations) {
  EngineConfig config;
  config.codegen.opt_level = 4;
  EXPECT_EQ(Engine::create(config).error().kind, ErrorKind::bad_input);
  config = {};
  config.cache_size_bytes = limits::cache_size.hard + 1;
  EXPECT_EQ(Engine::create(config).error().kind, ErrorKind::limit);
}

TEST(Engine, OpenCacheFolderIsRefusedUnreachableOneIsReported) {
  const std::string root = *os::make_temporary_folder("mote-engine-test-");
  EngineConfig config;
  config.cache_folder = root + "/open";
  std::filesystem::create_directory(config.cache_folder);
  std::filesystem::permissions(config.cache_folder, std::filesystem::perms(0777));
  EXPECT_EQ(Engine::create(config).error().kind, ErrorKind::denied);
  config.cache_folder = "/proc/self/cannot/be/made";
  const Engine engine = must(Engine::create(config));
  EXPECT_EQ(setting(engine, "cache").value, "n");
  EXPECT_NE(setting(engine, "cache").reason, "");
  (void)os::remove_folder(root);
}

}  // namespace
}  // namespace mote::api
