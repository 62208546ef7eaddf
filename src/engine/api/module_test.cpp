#include "base/core/hash.h"
#include "engine/api/guest_testing.h"
#include "engine/api/modules_testing.h"

#include <mote/compiler.h>

#include <thread>

namespace mote::api {
namespace {

// The hand-made artifact: no compiler is needed to see what happens around one.
class ModuleTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = *os::make_temporary_folder("mote-module-test-");
    path_ = root_ + "/answer.wasm";
    ASSERT_TRUE(os::write_file(path_, answer_module()));
  }
  void TearDown() override { (void)os::remove_folder(root_); }

  Engine engine(CodegenOptions codegen = {.memory = MemoryMode::guard}, Tiering tiering = Tiering::optimizing) {
    EngineConfig config;
    config.codegen = codegen;
    config.tiering = tiering;
    config.cache_folder = root_ + "/cache";
    config.compiler = [this](std::span<const uint8_t> wasm, const CodegenOptions& options) -> Result<std::vector<uint8_t>> {
      ++compiles_;
      return answer_artifact(wasm, key_of(options), answer_);
    };
    return must(Engine::create(config));
  }
  static int32_t run(const Engine& engine, const Module& module) {
    Store store = must(Store::create(engine));
    const Instance instance = must(Linker(engine).instantiate(store, module));
    return must(must(instance.typed_func<int32_t()>("f"))());
  }

  std::string root_, path_;
  int compiles_ = 0;
  uint8_t answer_ = 42;
};

TEST_F(ModuleTest, CompilesOnceAndThenHitsTheCache) {
  const Engine first = engine();
  EXPECT_EQ(run(first, must(Module::compile(first, answer_module()))), 42);
  EXPECT_EQ(run(first, must(Module::compile(first, answer_module()))), 42);
  const Engine second = engine();
  EXPECT_EQ(run(second, must(Module::compile(second, answer_module()))), 42);
  EXPECT_EQ(compiles_, 1);
  const Engine other = engine({.memory = MemoryMode::guard, .fuel = true});
  EXPECT_EQ(run(other, must(Module::compile(other, answer_module()))), 42);
  EXPECT_EQ(compiles_, 2) << "another key is another entry";
}

TEST_F(ModuleTest, IsFoundInTheCacheByItsDigestAlone) {
  const Engine one = engine();
  const Module::Digest digest = sha256(answer_module());
  EXPECT_EQ(Module::find_in_cache(one, digest).error().kind, ErrorKind::not_found);
  (void)must(Module::compile(one, answer_module()));
  const Module found = must(Module::find_in_cache(engine(), digest, "answer"));
  EXPECT_EQ(found.name(), "answer");
  EXPECT_EQ(found.origin().source, Module::Origin::cache);
  EXPECT_EQ(compiles_, 1);
  const Engine other = engine({.memory = MemoryMode::guard, .fuel = true});
  EXPECT_EQ(Module::find_in_cache(other, digest).error().kind, ErrorKind::not_found) << "another key is another entry";
  const Engine none = must(Engine::create());
  EXPECT_EQ(Module::find_in_cache(none, digest).error().kind, ErrorKind::unavailable);
}

TEST_F(ModuleTest, WarmStartFromAFileNeitherReadsNorCompiles) {
  const Engine one = engine();
  std::this_thread::sleep_for(std::chrono::milliseconds(80));  // until the file's time stamps are old enough to be trusted
  EXPECT_EQ(run(one, must(Module::compile_file(one, path_))), 42);
  EXPECT_EQ(compiles_, 1);
  const os::FileIdentity identity = *os::identity(path_);
  ASSERT_EQ(one.state()->cache->remembered(identity), sha256(answer_module()));
  const Module warm = must(Module::compile_file(one, path_));
  EXPECT_EQ(run(one, warm), 42);
  EXPECT_EQ(warm.name(), "answer.wasm");
  EXPECT_EQ(compiles_, 1);

  // Proof that the file is not read: what the cache says of this identity is believed.
  const auto seven = answer_module(7);
  answer_ = 7;
  (void)must(Module::compile(one, seven));
  ASSERT_TRUE(one.state()->cache->remember(identity, sha256(seven)));
  EXPECT_EQ(run(one, must(Module::compile_file(one, path_))), 7);
}

TEST_F(ModuleTest, ChangedFileIsCompiledAgain) {
  const Engine one = engine();
  std::this_thread::sleep_for(std::chrono::milliseconds(80));
  EXPECT_EQ(run(one, must(Module::compile_file(one, path_))), 42);
  answer_ = 9;
  ASSERT_TRUE(os::write_file(path_, answer_module(9)));
  EXPECT_EQ(run(one, must(Module::compile_file(one, path_))), 9);
  EXPECT_EQ(compiles_, 2);
}

TEST_F(ModuleTest, BadEntryIsRebuilt) {
  const Engine one = engine();
  (void)must(Module::compile(one, answer_module()));
  const std::string entry = one.state()->cache->entry_path(sha256(answer_module()), one.state()->key);
  auto bytes = *os::read_file(entry, 1 << 20);
  size_t code_at = 0;  // mov eax, 42 → mov eax, 43: nothing but a checksum can notice
  for (size_t i = 0; i + 6 < bytes.size(); ++i) {
    if (bytes[i] == 0xb8 && bytes[i + 1] == 42 && bytes[i + 5] == 0xc3) code_at = i;
  }
  ASSERT_NE(code_at, 0u);
  bytes[code_at + 1] = 43;
  ASSERT_TRUE(os::write_file(entry, bytes));
  EXPECT_EQ(run(one, must(Module::compile(one, answer_module()))), 42);
  EXPECT_EQ(compiles_, 2);
  EXPECT_EQ(run(one, must(Module::compile(one, answer_module()))), 42);
  EXPECT_EQ(compiles_, 2);
}

TEST_F(ModuleTest, LoadsArtifacts) {
  const Engine one = engine();
  const auto artifact = answer_artifact(answer_module(), one.state()->key);
  EXPECT_TRUE(Module::is_artifact(artifact));
  EXPECT_EQ(run(one, must(Module::load(one, artifact))), 42);
  ASSERT_TRUE(os::write_file(root_ + "/answer.mote", artifact));
  EXPECT_EQ(run(one, must(Module::load_file(one, root_ + "/answer.mote"))), 42);
  EXPECT_EQ(compiles_, 0);
}

TEST_F(ModuleTest, OptimisationAndCpuLevelMayDifferMeaningMayNot) {
  const Engine one = engine();
  code::CodegenKey key = one.state()->key;
  key.opt_level = 0;
  key.cpu_features = code::cpu_v2;
  EXPECT_EQ(run(one, must(Module::load(one, answer_artifact(answer_module(), key)))), 42);
  key.memory = code::MemoryMode::dense;
  const auto dense = Module::load(one, answer_artifact(answer_module(), key));
  ASSERT_FALSE(dense.has_value());
  EXPECT_NE(dense.error().message.find("-C memory=dense"), std::string::npos) << dense.error().message;
  key = one.state()->key;
  key.fuel = 1;
  EXPECT_NE(Module::load(one, answer_artifact(answer_module(), key)).error().message.find("fuel"), std::string::npos);
}

TEST_F(ModuleTest, WrongBytesAreToldApart) {
  const Engine one = engine();
  const auto error_of = [&](std::string_view text) {
    const auto result = Module::validate({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    EXPECT_FALSE(result.has_value());
    return result ? std::string() : result.error().message;
  };
  EXPECT_NE(error_of("  (module)").find("text format"), std::string::npos);
  EXPECT_NE(error_of(";; comment\n(module)").find("text format"), std::string::npos);
  EXPECT_NE(error_of("#!/bin/sh").find("magic header not detected"), std::string::npos);
  EXPECT_NE(error_of("").find("unexpected end"), std::string::npos);
  EXPECT_NE(error_of(std::string_view("\0asm\x0d\0\1\0", 8)).find("component"), std::string::npos);
  const auto artifact = answer_artifact(answer_module());
  EXPECT_NE(Module::compile(one, artifact).error().message.find("--allow-precompiled"), std::string::npos);
  EXPECT_FALSE(Module::load(one, answer_module()).has_value());
  EXPECT_EQ(Module::compile_file(one, root_ + "/none.wasm").error().kind, ErrorKind::not_found);
}

TEST_F(ModuleTest, WrongBytesReachNoCompiler) {
  const Engine one = engine();
  for (const std::vector<uint8_t>& bytes : {std::vector<uint8_t>(), std::vector<uint8_t>{0, 'a', 's', 'm', 1, 0, 0, 0, 1}}) {
    EXPECT_EQ(Module::compile(one, bytes).error().kind, ErrorKind::bad_input);
  }
  EXPECT_EQ(compiles_, 0);
}

TEST_F(ModuleTest, NoCompilerIsSaid) {
  const Engine bare = must(Engine::create({.tiering = Tiering::optimizing}));
  const auto result = Module::compile(bare, answer_module());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, ErrorKind::unavailable);
}

TEST_F(ModuleTest, CompilerOfAnotherModuleIsNotBelieved) {
  EngineConfig config;
  config.tiering = Tiering::optimizing;
  config.compiler = [](std::span<const uint8_t>, const CodegenOptions& options) -> Result<std::vector<uint8_t>> {
    return answer_artifact(answer_module(1), key_of(options));
  };
  const Engine one = must(Engine::create(config));
  EXPECT_EQ(Module::compile(one, answer_module()).error().kind, ErrorKind::internal);
}

TEST_F(ModuleTest, TellsImportsAndExports) {
  EXPECT_TRUE(Module::validate(guest_module()).has_value());
  const Engine one = engine();
  const Module module = must(Module::compile(one, answer_module()));
  EXPECT_TRUE(module.imports().empty());
  ASSERT_EQ(module.exports().size(), 1u);
  EXPECT_EQ(module.exports()[0].name, "f");
  EXPECT_EQ(module.exports()[0].kind, ExternKind::func);
}

TEST_F(ModuleTest, BaselineCodeNeedsNoCompilerAndNoCache) {
  const Engine bare = must(Engine::create());
  const Module module = must(Module::compile(bare, answer_module(), "answer"));
  EXPECT_EQ(run(bare, module), 42);
  const Module::Origin origin = module.origin();
  EXPECT_EQ(origin.tier, Tier::baseline);
  EXPECT_EQ(origin.source, Module::Origin::compiled);
  EXPECT_GT(origin.compile_ns, 0u);
  EXPECT_FALSE(module.refresh()) << "there is no cache to ask";
  EXPECT_FALSE(module.state()->hash.has_value()) << "nobody needed it";
  EXPECT_EQ(run(bare, must(Module::compile_file(bare, path_))), 42);
  EXPECT_EQ(Module::compile(bare, {}).error().kind, ErrorKind::bad_input);
}

TEST_F(ModuleTest, NextInstancePicksUpOptimisedCode) {
  const Engine one = engine({.memory = MemoryMode::guard}, Tiering::automatic);
  const Module module = must(Module::compile_file(one, path_));
  EXPECT_EQ(module.origin().tier, Tier::baseline);
  EXPECT_EQ(compiles_, 0);
  Store store = must(Store::create(one));
  const Instance before = must(Linker(one).instantiate(store, module));
  EXPECT_FALSE(module.refresh());

  answer_ = 43;  // so that the optimised code can be told apart
  EXPECT_EQ(must(compile_into_cache(one, answer_module())), CacheFill::compiled);
  EXPECT_EQ(module.origin().tier, Tier::baseline) << "nothing changes by itself";
  EXPECT_TRUE(module.refresh());
  EXPECT_EQ(module.origin().tier, Tier::optimizing);
  EXPECT_EQ(module.origin().source, Module::Origin::cache);
  const Instance after = must(Linker(one).instantiate(store, module));
  EXPECT_EQ(must(must(before.typed_func<int32_t()>("f"))()), 42) << "stays on the code it started with";
  EXPECT_EQ(must(must(after.typed_func<int32_t()>("f"))()), 43);
  EXPECT_EQ(must(Module::compile_file(one, path_)).origin().tier, Tier::optimizing);
  EXPECT_EQ(must(compile_into_cache(one, answer_module())), CacheFill::present);
  EXPECT_EQ(compiles_, 1);

  const Engine baseline = engine({.memory = MemoryMode::guard}, Tiering::baseline);
  EXPECT_EQ(must(Module::compile_file(baseline, path_)).origin().tier, Tier::baseline) << "whatever the cache has";
}

TEST_F(ModuleTest, RefreshIsSafeFromAnyThread) {
  const Engine one = engine({.memory = MemoryMode::guard}, Tiering::automatic);
  const Module module = must(Module::compile(one, answer_module()));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        (void)module.refresh();
        EXPECT_EQ(run(one, module), 42);
      }
    });
  }
  EXPECT_EQ(must(compile_into_cache(one, answer_module())), CacheFill::compiled);
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(module.refresh());
}

TEST_F(ModuleTest, FailedCompilesAreRemembered) {
  EngineConfig config;
  config.cache_folder = root_ + "/cache";
  config.compiler = [this](std::span<const uint8_t>, const CodegenOptions&) -> Result<std::vector<uint8_t>> {
    ++compiles_;
    return fail(ErrorKind::unsupported, "not this one");
  };
  const Engine one = must(Engine::create(config));
  EXPECT_EQ(compile_into_cache(one, answer_module()).error().kind, ErrorKind::unsupported);
  EXPECT_EQ(must(compile_into_cache(one, answer_module())), CacheFill::gave_up);
  EXPECT_EQ(compiles_, 1);
  EXPECT_EQ(run(one, must(Module::compile(one, answer_module()))), 42) << "runs all the same";
  const Engine bare = must(Engine::create());
  EXPECT_EQ(compile_into_cache(bare, answer_module()).error().kind, ErrorKind::unavailable);
}

TEST_F(ModuleTest, UselessArtifactsAreNotCompiledAgainAndAgain) {
  EngineConfig config;
  config.cache_folder = root_ + "/cache";
  config.compiler = [this](std::span<const uint8_t>, const CodegenOptions& options) -> Result<std::vector<uint8_t>> {
    ++compiles_;
    return answer_artifact(answer_module(1), key_of(options));  // of another module
  };
  const Engine one = must(Engine::create(config));
  EXPECT_EQ(compile_into_cache(one, answer_module()).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(must(compile_into_cache(one, answer_module())), CacheFill::gave_up);
  EXPECT_EQ(compiles_, 1);
}

TEST_F(ModuleTest, ThreadsAreLentForLargeModulesOnly) {
  uint32_t asked = 0;
  EngineConfig config;
  config.compile_threads = 4;
  config.run_parallel = [&](uint32_t count, const std::function<void()>& work) {
    asked = count;
    work();
  };
  const Engine one = must(Engine::create(config));
  EXPECT_EQ(run(one, must(Module::compile(one, answer_module()))), 42);
  EXPECT_LE(asked, 1u);
}

}  // namespace
}  // namespace mote::api
