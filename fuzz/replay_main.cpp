// The main function of fuzz targets in builds without libFuzzer: replays files and folders, and with --seconds N goes on with
// random mutations of them, blindly (no coverage). For smoke runs and for replaying finds in any build; campaigns use preset fuzz.
//
// Usage: fuzz_NAME [--seconds N] [--seed N] [--max-len N] [--finds FOLDER] [FILE|FOLDER]…
//
// Inputs run in a child process and lie in memory shared with it, so that whatever ends the child (a signal, an assertion, a
// sanitizer, endless work) leaves the input behind: it is written as a file and the exit status is 1. fuzz/smoke proves that with
// the target `canary`.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

using Input = std::vector<uint8_t>;
namespace fs = std::filesystem;

constexpr size_t max_replay_size = 64u << 20;  // a replayed file; mutated inputs are bounded by --max-len
constexpr unsigned hang_seconds = 60;          // one input that takes longer is a find (SIGALRM ends the child)

struct Options {
  double seconds = 0;
  uint64_t seed = 1;
  size_t max_len = 65536;
  fs::path finds = fs::temp_directory_path();
  std::vector<fs::path> paths;
};

// What parent and child share: the input that runs now.
struct Shared {
  uint64_t runs;
  uint64_t size;
  uint8_t data[max_replay_size];
};

// Bytes that mean something in a wasm binary or at the edges of its integers.
constexpr std::array<uint8_t, 24> interesting = {0x00, 0x01, 0x7f, 0x80, 0xff, 0x40, 0x60, 0x0b, 0x05, 0x02, 0x03, 0x04,
                                                 0x10, 0x41, 0x6a, 0x70, 0x6f, 0x7e, 0x7b, 0xfb, 0xfc, 0xfd, 0xfe, 'M'};

class Mutator {
 public:
  Mutator(uint64_t seed, size_t max_len) : random_(seed), max_len_(max_len) {}

  Input next(const std::vector<Input>& corpus) {
    Input input = corpus.empty() ? Input{} : corpus[below(corpus.size())];
    for (size_t changes = 1 + below(4); changes != 0; --changes) change(input, corpus);
    if (input.size() > max_len_) input.resize(max_len_);
    return input;
  }

 private:
  size_t below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  uint8_t byte() { return below(2) ? interesting[below(interesting.size())] : static_cast<uint8_t>(random_()); }

  void change(Input& input, const std::vector<Input>& corpus) {
    if (input.empty()) return input.push_back(byte());
    size_t at = below(2) ? below(input.size()) : below(std::min<size_t>(input.size(), 64));
    auto here = input.begin() + static_cast<ptrdiff_t>(at);
    switch (below(7)) {
      case 0:
        *here ^= static_cast<uint8_t>(1u << below(8));
        break;
      case 1:
        *here = byte();
        break;
      case 2:
        input.insert(here, byte());
        break;
      case 3:
        input.erase(here, here + static_cast<ptrdiff_t>(1 + below(std::min<size_t>(8, input.size() - at))));
        break;
      case 4:
        input.resize(at);
        break;
      case 5:
        *here = static_cast<uint8_t>(*here + below(2) * 2 - 1);
        break;
      case 6:
        splice(input, at, corpus[below(corpus.size())]);
        break;
    }
  }
  void splice(Input& input, size_t at, const Input& other) {
    if (other.empty()) return;
    size_t from = below(other.size());
    size_t count = 1 + below(std::min<size_t>(64, other.size() - from));
    input.insert(input.begin() + static_cast<ptrdiff_t>(at), other.begin() + static_cast<ptrdiff_t>(from),
                 other.begin() + static_cast<ptrdiff_t>(from + count));
  }

  std::mt19937_64 random_;
  size_t max_len_;
};

void run_one(Shared& shared, const Input& input) {
  shared.size = std::min(input.size(), max_replay_size);
  if (!input.empty()) memcpy(shared.data, input.data(), shared.size);
  ++shared.runs;
  Input copy(shared.data, shared.data + shared.size);  // own allocation, so that sanitizers see reads past its end
  alarm(hang_seconds);
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
  alarm(0);
}

[[noreturn]] void child(Shared& shared, const Options& options, const std::vector<Input>& corpus) {
  auto begin = std::chrono::steady_clock::now();
  for (const Input& input : corpus) run_one(shared, input);
  Mutator mutator(options.seed, options.max_len);
  std::vector<Input> small;
  std::copy_if(corpus.begin(), corpus.end(), std::back_inserter(small),
               [&](const Input& i) { return i.size() <= options.max_len; });
  if (small.empty()) small.push_back({});
  auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  while (elapsed() < options.seconds) run_one(shared, mutator.next(small));
  exit(0);  // with leak checks
}

std::vector<Input> read_corpus(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Input> corpus;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      fprintf(stderr, "cannot read %s\n", file.c_str());
      exit(2);
    }
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    bool has_value = i + 1 < argc;
    if (word == "--seconds" && has_value)
      options.seconds = atof(argv[++i]);
    else if (word == "--seed" && has_value)
      options.seed = strtoull(argv[++i], nullptr, 0);
    else if (word == "--max-len" && has_value)
      options.max_len = strtoull(argv[++i], nullptr, 0);
    else if (word == "--finds" && has_value)
      options.finds = argv[++i];
    else if (word.starts_with("-")) {
      fprintf(stderr, "usage: %s [--seconds N] [--seed N] [--max-len N] [--finds FOLDER] [FILE|FOLDER]…\n", argv[0]);
      exit(2);
    } else
      options.paths.emplace_back(word);
  }
  return options;
}

int report(const Shared& shared, const Options& options, const char* program, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    printf("%llu inputs ran\n", static_cast<unsigned long long>(shared.runs));
    return shared.runs == 0 ? 1 : 0;
  }
  fs::path find = options.finds / (fs::path(program).filename().string() + "-" + std::to_string(shared.runs) + ".wasm");
  std::ofstream(find, std::ios::binary)
      .write(reinterpret_cast<const char*>(shared.data), static_cast<std::streamsize>(shared.size));
  if (WIFSIGNALED(status))
    printf("input %llu: signal %d", static_cast<unsigned long long>(shared.runs), WTERMSIG(status));
  else
    printf("input %llu: exit status %d", static_cast<unsigned long long>(shared.runs), WEXITSTATUS(status));
  printf("; kept as %s (%llu bytes)\n", find.c_str(), static_cast<unsigned long long>(shared.size));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options = parse(argc, argv);
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  std::vector<Input> corpus = read_corpus(options.paths);
  void* place = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) return perror("mmap"), 2;
  Shared& shared = *static_cast<Shared*>(place);
  fflush(nullptr);
  pid_t pid = fork();
  if (pid < 0) return perror("fork"), 2;
  if (pid == 0) child(shared, options, corpus);
  int status = 0;
  waitpid(pid, &status, 0);
  return report(shared, options, argv[0], status);
}
