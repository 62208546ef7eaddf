// OpenSSL asks the CPU what it can as soon as a program starts, before main. On virtual machines each such question leaves the
// machine: 60 us of every start (measured with a static program that does nothing else), of programs that never speak TLS. The
// linker leads its calls here instead (--wrap, CMakeLists.txt), and the answer is looked for when a context is made first. Tested
// by tls_test.cpp.
#include "base/tls/start.h"

#include <atomic>

namespace mote::tls {

namespace {

std::atomic<bool> is_wanted = false;

}  // namespace

void use_the_cpu() {
  is_wanted = true;
}

}  // namespace mote::tls

// Names that the linker makes. OpenSSL calls it again when it is first used, once; the real one does its work once.
extern "C" {
void __real_OPENSSL_cpuid_setup();   // NOLINT(bugprone-reserved-identifier,readability-identifier-naming)
void __wrap_OPENSSL_cpuid_setup() {  // NOLINT(bugprone-reserved-identifier,readability-identifier-naming)
  if (mote::tls::is_wanted) __real_OPENSSL_cpuid_setup();
}
}
