# Third-party libraries: all are distribution packages, each included by exactly one room (OUTSIDE of mote_room, ./check).
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
# As archives, because `mote` is linked statically (apps/mote).
find_library(MOTE_XXHASH NAMES libxxhash.a REQUIRED)
find_library(MOTE_NETTLE NAMES libnettle.a REQUIRED)
find_library(MOTE_CAPSTONE NAMES libcapstone.a REQUIRED)
find_path(MOTE_BOOST boost/beast/http/basic_parser.hpp REQUIRED)  # headers only
find_library(MOTE_NGHTTP2 NAMES libnghttp2.a REQUIRED)
find_library(MOTE_SSL NAMES libssl.a REQUIRED)
find_library(MOTE_CRYPTO NAMES libcrypto.a REQUIRED)
find_library(MOTE_SQLITE NAMES libsqlite3.a REQUIRED)
find_path(MOTE_TOMLPLUSPLUS toml++/toml.h REQUIRED)  # headers only
if(MOTE_DEV)
  find_package(GTest REQUIRED)
  find_library(MOTE_ASMJIT NAMES libasmjit.a REQUIRED)
endif()
if(MOTE_AOT)
  find_package(LLVM 19.1 REQUIRED CONFIG PATHS /usr/lib/llvm-19 NO_DEFAULT_PATH)
  add_library(mote_llvm INTERFACE)
  target_include_directories(mote_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
  target_link_directories(mote_llvm INTERFACE ${LLVM_LIBRARY_DIRS})
  target_link_libraries(mote_llvm INTERFACE LLVM-19)
endif()
