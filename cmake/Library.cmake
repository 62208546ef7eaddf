# The installed tree: headers, one archive with all rooms that the engine needs (libmote.a), the programs, and how CMake and pkg-config find
# them. `cmake --install build/release --prefix …`; tests/embed builds programs against nothing else.
#
# The archive is made of the rooms' own objects. Where those are built for link-time optimisation (Tuned.cmake) they are made fat: machine
# code for whoever links the archive with any linker, and bitcode for our own programs, which is taken out of the archive again. That costs 7 % more
# CPU time to compile these rooms; compiling them twice would cost 100 %.
include(GNUInstallDirs)

# All rooms that the C API needs, itself included.
set(rooms mote_engine_capi)
set(todo ${rooms})
while(todo)
  list(POP_FRONT todo room)
  get_target_property(needs ${room} MOTE_NEEDS)
  foreach(need IN LISTS needs)
    if(need AND NOT need IN_LIST rooms)
      list(APPEND rooms ${need})
      list(APPEND todo ${need})
    endif()
  endforeach()
endwhile()

set(objects)
foreach(room IN LISTS rooms)
  target_compile_options(${room} PRIVATE ${MOTE_FAT_OPTIONS})
  list(APPEND objects $<TARGET_OBJECTS:${room}>)
endforeach()
# Files of base/os that only host rooms use; the engine opens no socket and closes no wall. (tests/embed links the archive whole.)
set(host_only "/(channel|confinement|descriptor|node|signals|socket|system_call_filter)\\.cpp\\.o$")
add_library(mote_library STATIC $<FILTER:${objects},EXCLUDE,${host_only}>)
set_target_properties(mote_library PROPERTIES OUTPUT_NAME mote LINKER_LANGUAGE CXX ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
if(MOTE_FAT_OPTIONS)
  add_custom_command(TARGET mote_library POST_BUILD COMMAND ${CMAKE_OBJCOPY} --remove-section=.llvm.lto $<TARGET_FILE:mote_library> VERBATIM)
endif()

install(FILES ${PROJECT_BINARY_DIR}/lib/libmote.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/mote.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/mote DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(TARGETS mote mote-server RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(MOTE_AOT)
  install(TARGETS mote-aot RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Mote)
configure_package_config_file(cmake/MoteConfig.cmake.in ${PROJECT_BINARY_DIR}/MoteConfig.cmake INSTALL_DESTINATION ${package}
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/MoteConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/MoteConfig.cmake ${PROJECT_BINARY_DIR}/MoteConfigVersion.cmake DESTINATION ${package})
# The prefix is where the .pc file lies, so that an installed tree may be moved.
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" up ${up})
configure_file(cmake/mote.pc.in ${PROJECT_BINARY_DIR}/mote.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mote.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
