// Exceptions as C++ has them: through frames with destructors, by base class, rethrown, nested, carried away by exception_ptr, from
// constructors, from virtual functions and callbacks, from the library itself; and one that nobody catches.
#include <algorithm>
#include <any>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace {

int alive = 0, ended = 0;

struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) = delete;
  ~Counted() { --alive, ++ended; }
};

struct SensorError : std::runtime_error {
  SensorError(const std::string& what, int code) : std::runtime_error(what), code(code) {}
  int code;
};

[[gnu::noinline]] int deep(int n, int code) {
  const Counted here;
  if (n == 0) throw SensorError("at the bottom", code);
  return deep(n - 1, code) + 1;
}

struct Half {
  explicit Half(bool fails) : second(fails ? throw std::bad_alloc() : 2) {}
  Counted first;
  int second;
};

struct Base {
  virtual ~Base() = default;
  virtual int call(int) const = 0;
};
struct Thrower : Base {
  int call(int x) const override {
    if (x % 3 == 0) throw x;
    return x;
  }
};

// The kind and text of what a call throws.
template <typename F>
std::string thrown(F call) {
  try {
    call();
  } catch (const SensorError& e) {
    return std::string("SensorError ") + e.what() + " " + std::to_string(e.code);
  } catch (const std::out_of_range& e) {
    return std::string("out_of_range ") + e.what();
  } catch (const std::logic_error& e) {
    return std::string("logic_error ") + e.what();
  } catch (const std::exception& e) {
    return std::string("exception ") + e.what();
  } catch (int number) {
    return "int " + std::to_string(number);
  } catch (const char* text) {
    return std::string("text ") + text;
  } catch (...) {
    return "something";
  }
  return "nothing";
}

void nested(int depth) {
  try {
    if (depth == 0) throw std::invalid_argument("innermost");
    nested(depth - 1);
  } catch (...) {
    std::throw_with_nested(std::runtime_error("level " + std::to_string(depth)));
  }
}

void tell_nested(const std::exception& e) {
  std::cout << " <- " << e.what();
  try {
    std::rethrow_if_nested(e);
  } catch (const std::exception& inner) {
    tell_nested(inner);
  }
}

int sum_of_calls() {
  const std::unique_ptr<Base> one = std::make_unique<Thrower>();
  int sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    try {
      sum += one->call(i);
    } catch (int x) {
      sum -= x;
    }
  }
  return sum;
}

std::exception_ptr kept() {
  try {
    deep(3, 9);
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

}  // namespace

int main(int count, char**) {
  std::cout << thrown([] { deep(100, 7); }) << ", " << ended << " ended, " << alive << " alive\n";
  std::cout << thrown([] { throw "plain"; }) << ", " << thrown([] { throw 42; }) << ", " << thrown([] { throw Counted(); }) << ", "
            << thrown([] {}) << '\n';
  std::cout << thrown([] { Half half(true); }) << ", alive " << alive << '\n';
  std::cout << thrown([] { std::string("abc").at(5); }) << "; " << thrown([] { std::vector<int>(3).at(3) = 1; }) << "; "
            << thrown([] { std::stoi("x"); }) << '\n';
  std::cout << thrown([] { (void)std::any_cast<int>(std::any(1.5)); }) << "; "
            << thrown([] { (void)std::get<int>(std::variant<int, char>('c')); }) << "; "
            << thrown([] { (void)std::optional<int>().value(); }) << "; " << thrown([] { std::function<void()>()(); }) << '\n';
  std::cout << thrown([] { std::regex("(unclosed"); }).substr(0, 9) << "; " << thrown([] { std::string(std::string::npos, 'x'); })
            << "; " << thrown([] { throw std::make_unique<int>(1); }) << '\n';
  std::istringstream stream("12 x");
  stream.exceptions(std::ios::failbit);
  int number = 0;
  stream >> number;
  std::cout << number << "; "
            << (thrown([&] { stream >> number; }).starts_with("exception") ? "the stream throws" : "the stream does not throw")
            << '\n';
  std::cout << "nested";
  try {
    nested(3);
  } catch (const std::exception& e) {
    tell_nested(e);
  }
  std::cout << "\ncalls " << sum_of_calls() << '\n';
  const std::exception_ptr later = kept();
  std::cout << thrown([&] { std::rethrow_exception(later); }) << ", once more " << thrown([&] { std::rethrow_exception(later); })
            << '\n';
  std::vector<int> values = {5, 3, 8, 1};
  std::cout << thrown([&] {
                 std::sort(values.begin(), values.end(), [](int a, int b) { return a == 8 || b == 8 ? throw a + b : a < b; });
               }).substr(0, 3);
  std::cout << ", uncaught " << std::uncaught_exceptions() << '\n' << std::flush;
  if (count > 2) std::terminate();
  if (count > 1) throw SensorError("nobody catches this", 1);
}
