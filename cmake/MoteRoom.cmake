# One call declares one room: a folder, a static library, its arrows and its tests.
#
#   mote_room(engine/aot
#     NEEDS    base/core engine/wasm engine/code   # rooms it may include and link
#     PRIVATE  mote_llvm                           # outside libraries; they never leak upward
#     OUTSIDE  llvm/                               # outside headers that only this room may include
#     TESTS    asmjit                              # outside libraries of its tests only
#     PROFILED                                     # compiled by the recorded profile (Tuned.cmake)
#     SOURCES  compile.cpp simd.cpp)
#
# Floors are ordered: a room may need rooms of its own floor or of floors below it.
# A room is declared after the rooms it needs, so a cycle cannot be written down.
# Files named *_test.cpp are found by pattern and become the room's test program, mote_<floor>_<room>_test.

set(MOTE_FLOORS base engine host platform)

function(mote_room room)
  cmake_parse_arguments(R "PROFILED" "" "NEEDS;PRIVATE;PUBLIC;OUTSIDE;TESTS;SOURCES" ${ARGN})
  string(REPLACE "/" "_" target mote_${room})
  mote_floor(${room} height)

  add_library(${target} STATIC ${R_SOURCES})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS *.h)
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${headers})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(${target} PRIVATE ${R_PRIVATE} PUBLIC mote_flags ${R_PUBLIC})
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
  # Headers are compiled alone too (./check): that target, and no room above, sees the outside headers.
  foreach(library IN LISTS R_PRIVATE)
    if(TARGET ${library})
      target_include_directories(${target} SYSTEM INTERFACE
        "$<$<STREQUAL:$<TARGET_PROPERTY:NAME>,${target}_verify_interface_header_sets>:$<TARGET_PROPERTY:${library},INTERFACE_INCLUDE_DIRECTORIES>>")
    endif()
  endforeach()
  if(R_PROFILED)
    target_compile_options(${target} PRIVATE ${MOTE_PROFILE_OPTIONS})
  endif()

  foreach(need IN LISTS R_NEEDS)
    string(REPLACE "/" "_" need_target mote_${need})
    mote_floor(${need} need_height)
    if(need_height GREATER height)
      message(FATAL_ERROR "${room} needs ${need}: arrows point down, never up")
    elseif(height GREATER 1 AND need_height EQUAL 1 AND NOT need STREQUAL engine/api)
      message(FATAL_ERROR "${room} needs ${need}: enter the engine by its front door, engine/api")
    elseif(NOT TARGET ${need_target})
      message(FATAL_ERROR "${room} needs ${need}: not declared before it (misspelt, or a cycle)")
    endif()
    target_link_libraries(${target} PUBLIC ${need_target})
    set_property(TARGET ${target} APPEND PROPERTY MOTE_NEEDS ${need_target})
  endforeach()

  file(GLOB_RECURSE tests CONFIGURE_DEPENDS *_test.cpp)
  if(MOTE_DEV AND tests)
    add_executable(${target}_test ${tests})
    target_link_libraries(${target}_test PRIVATE ${target} ${R_PRIVATE} ${R_TESTS} GTest::gtest_main)
    add_test(NAME ${room} COMMAND ${target}_test)
    set_property(GLOBAL APPEND PROPERTY MOTE_UNIT_TESTS ${target}_test)
  endif()

  list(JOIN R_NEEDS "\", \"" needs)
  list(JOIN R_OUTSIDE "\", \"" outside)
  list(JOIN R_SOURCES "\", \"" sources)
  set_property(GLOBAL APPEND PROPERTY MOTE_ROOMS
    "  {\"room\": \"${room}\", \"needs\": [\"${needs}\"], \"outside\": [\"${outside}\"], \"sources\": [\"${sources}\"]}")
endfunction()

# The height of the floor a room lies on.
function(mote_floor room out)
  string(REGEX MATCH "^[^/]+" floor ${room})
  list(FIND MOTE_FLOORS ${floor} height)
  if(height EQUAL -1)
    message(FATAL_ERROR "${room}: no such floor; floors are ${MOTE_FLOORS}")
  endif()
  set(${out} ${height} PARENT_SCOPE)
endfunction()

# Writes rooms.json, the one description that the include check and the drawing read.
function(mote_write_rooms)
  get_property(rooms GLOBAL PROPERTY MOTE_ROOMS)
  list(JOIN rooms ",\n" body)
  file(WRITE ${PROJECT_BINARY_DIR}/rooms.json "[\n${body}\n]\n")
endfunction()
