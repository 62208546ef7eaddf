// For tests: a certificate of its own making for localhost and 127.0.0.1, and its key, in a folder that goes with it. Made by the
// program `openssl`, so that it is never too old.
#pragma once

#include "base/os/file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace mote::tls {

struct TestCertificates {
  TestCertificates() {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
        key + " -out " + certificate + " 2>/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0) << "the program `openssl` is needed";
    key_text = text_of_file(key);
    certificate_text = text_of_file(certificate);
  }
  ~TestCertificates() { (void)os::remove_folder(folder); }
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  static std::string text_of_file(const std::string& path) {
    const auto content = os::read_file(path, 1 << 20);
    return content ? std::string(content->begin(), content->end()) : "";
  }

  const std::string folder = *os::make_temporary_folder("mote-tls");
  const std::string certificate = folder + "/certificate.pem", key = folder + "/key.pem";
  std::string certificate_text, key_text;
};

}  // namespace mote::tls
