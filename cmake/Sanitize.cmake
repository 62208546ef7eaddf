# Compiler flags of every room, as the interface library mote_flags.
add_library(mote_flags INTERFACE)
target_compile_options(mote_flags INTERFACE
  -Wall -Wextra -Wno-missing-field-initializers
  -fno-omit-frame-pointer -fvisibility=hidden -ffunction-sections -fdata-sections -fstack-protector-strong)
target_link_options(mote_flags INTERFACE -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now)
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  find_program(LLD NAMES ld.lld-19)
  if(LLD)
    target_link_options(mote_flags INTERFACE -fuse-ld=${LLD})
  endif()
endif()
if(MOTE_SANITIZE)
  target_compile_options(mote_flags INTERFACE -fsanitize=${MOTE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(mote_flags INTERFACE -fsanitize=${MOTE_SANITIZE})
endif()
if(MOTE_COVERAGE)
  target_compile_options(mote_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(mote_flags INTERFACE -fprofile-instr-generate)
endif()
# What instruments do at the end of a process (look for leaks, write a profile) does not go with a process that gave up its rights.
if(MOTE_SANITIZE OR MOTE_COVERAGE OR MOTE_RECORD)
  target_compile_definitions(mote_flags INTERFACE MOTE_INSTRUMENTED)
endif()
