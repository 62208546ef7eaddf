# MOTE_TUNED, on in the presets release and bench: link-time optimisation, and the profile of real compiles (compile.proftext) in the
# rooms that a baseline compile goes through. Together a quarter fewer instructions for one (docs/internals/performance.md). The profile is
# advice: where a function changed since it was recorded, that function is compiled without. scripts/profile records it anew.
# Needs Clang, lld and llvm-profdata; a build without them is the plain one.
option(MOTE_TUNED "Optimise at link time and by the recorded profile" OFF)
set(MOTE_RECORD OFF CACHE BOOL "Build programs that record a profile (scripts/profile)")

# Functions that are local to a file are named by it in the profile, without its folder, which differs between builds.
set(profile_names -mllvm -static-func-full-module-prefix=false)
set(MOTE_PROFILE_OPTIONS)
set(MOTE_FAT_OPTIONS)  # of the rooms that are installed as a library (Library.cmake): machine code beside the bitcode
if(MOTE_RECORD)
  set(MOTE_PROFILE_OPTIONS -fprofile-generate ${profile_names})
  target_link_options(mote_flags INTERFACE -fprofile-generate)
elseif(MOTE_TUNED AND CMAKE_CXX_COMPILER_ID STREQUAL Clang AND LLD)
  target_compile_options(mote_flags INTERFACE -flto=thin)
  target_link_options(mote_flags INTERFACE -flto=thin -Wl,--fat-lto-objects)
  set(MOTE_FAT_OPTIONS -ffat-lto-objects)
  # What the profile has not seen run goes elsewhere: 8 % fewer misses of the instruction cache (cachegrind, SQLite).
  target_link_options(mote_flags INTERFACE LINKER:-mllvm,-enable-split-machine-functions)
  find_program(LLVM_PROFDATA NAMES llvm-profdata-19 PATHS /usr/lib/llvm-19/bin)
  if(LLVM_PROFDATA)
    set(text ${PROJECT_SOURCE_DIR}/cmake/compile.proftext)
    file(SHA256 ${text} hash)
    string(SUBSTRING ${hash} 0 12 hash)
    set(profile ${PROJECT_BINARY_DIR}/compile-${hash}.profdata)  # by content: another profile compiles all anew
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${text})
    execute_process(COMMAND ${LLVM_PROFDATA} merge ${text} -o ${profile} COMMAND_ERROR_IS_FATAL ANY)
    set(MOTE_PROFILE_OPTIONS -fprofile-use=${profile} ${profile_names} -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled)
  endif()
endif()
