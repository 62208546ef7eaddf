// C++ with its whole library (libc++ 19, without exceptions and threads, as Debian builds it for WASI) as a guest: streams over
// real files, containers, text formatting, regular expressions, clocks, random numbers, and destructors that run at exit. The
// session beside it says what must come out.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <format>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

// The compiler's own library, as Debian builds it for WebAssembly, wants these two.
extern "C" {
uintptr_t __stack_chk_guard = 0x5afe;
[[noreturn]] void __stack_chk_fail() {
  std::abort();
}
}

namespace {

struct Farewell {
  std::string name;
  ~Farewell() { std::cout << "destroyed: " << name << std::endl; }
};
Farewell farewell{"a global"};

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Square : Shape {
  explicit Square(double side) : side(side) {}
  double area() const override { return side * side; }
  double side;
};
struct Circle : Shape {
  explicit Circle(double radius) : radius(radius) {}
  double area() const override { return 3.0 * radius * radius; }
  double radius;
};

// A file that is closed when it goes out of scope; this library has no <fstream>.
struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;
File open(const std::string& path, const char* mode) {
  return File(std::fopen(path.c_str(), mode));
}

void files(const std::string& root) {
  mkdir((root + "/sub").c_str(), 0777);
  {
    const File out = open(root + "/sub/numbers", "w");
    for (int i = 0; i < 5000; ++i) std::fputs(std::format("{}{}", i * i, i % 10 == 9 ? '\n' : ' ').c_str(), out.get());
  }
  {
    const File both = open(root + "/sub/numbers", "r+");
    std::fseek(both.get(), 0, SEEK_END);
    std::cout << "size " << std::ftell(both.get());
    std::rewind(both.get());
    long long sum = 0;
    for (long long n = 0; std::fscanf(both.get(), "%lld", &n) == 1;) sum += n;
    std::rewind(both.get());
    std::fputs("HEAD", both.get());
    std::fflush(both.get());
    ftruncate(fileno(both.get()), 30);
    std::cout << ", sum " << sum << '\n';
  }
  std::string first(100, ' ');
  first.resize(std::fread(first.data(), 1, first.size(), open(root + "/sub/numbers", "r").get()));
  std::cout << "cut: \"" << first << "\"\n";
  for (const char* name : {"/missing", "/sub", "/../../etc/passwd"}) {
    const File refused = open(root + name, "r+");
    std::cout << name << ": " << (refused ? "opened" : std::strerror(errno)) << '\n';
  }
  std::rename((root + "/sub/numbers").c_str(), (root + "/moved").c_str());
  std::vector<std::string> names;
  DIR* folder = opendir(root.c_str());
  while (const dirent* entry = readdir(folder)) names.emplace_back(entry->d_name);
  closedir(folder);
  std::sort(names.begin(), names.end());
  for (const auto& name : names) std::cout << name << ' ';
  std::cout << '\n';
  std::remove((root + "/moved").c_str());
  std::cout << "removed: " << rmdir((root + "/sub").c_str()) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) std::cout << "argument: " << argv[i] << '\n';
  std::cout << "variable: " << (std::getenv("NAME") != nullptr ? std::getenv("NAME") : "none") << '\n';
  if (argc > 1 && std::string(argv[1]) == "abort") std::vector<int>().at(static_cast<size_t>(argc));

  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Square>(2));
  shapes.push_back(std::make_unique<Circle>(1.5));
  std::cout << std::format(
      "{:08.3f} {:#x} {:>6} {}\n",
      std::accumulate(shapes.begin(), shapes.end(), 0.0, [](double sum, const auto& s) { return sum + s->area(); }), 48879, "right",
      dynamic_cast<const Circle*>(shapes[1].get()) != nullptr);
  files(argv[1]);

  std::map<std::string, int> words;
  const std::regex word("[a-z]+");
  for (std::string line; std::getline(std::cin, line);) {
    for (std::sregex_iterator i(line.begin(), line.end(), word), end; i != end; ++i) ++words[i->str()];
  }
  std::cout << "words: " << words.size() << ", the " << words["the"] << '\n';
  std::mt19937_64 repeated(42);
  std::cout << "twister: " << repeated() << '\n';
  std::random_device device;
  const auto begin = std::chrono::steady_clock::now();
  usleep(5000);
  std::cout << "random and clocks: " << (device() != device() || device() != device()) << ' '
            << (std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(5)) << '\n';
  std::atexit([] { std::cout << "at exit\n"; });
  return 9;
}
