# SPDX-License-Identifier: Apache-2.0
# Fails when an #include goes against the arrows of core/README.md, when a source lacks its SPDX line or is too long.
# usage: cmake -DROOT=<source folder> -P include_rules.cmake
# First runs itself on small trees that break one rule each: a checker that finds nothing must be known to look.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/include_checks.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/self_test.cmake)

if(NOT IS_DIRECTORY "${ROOT}/core")
  message(FATAL_ERROR "include_rules.cmake: ROOT='${ROOT}': found no core/ in it, expected the source folder")
endif()
run_self_test(${CMAKE_CURRENT_BINARY_DIR}/layering-self-test)
check_tree(${ROOT} found files)
if(files EQUAL 0)
  message(FATAL_ERROR "no source was found in ${ROOT}")
endif()
if(found)
  list(LENGTH found count)
  list(JOIN found "\n  " text)
  message(FATAL_ERROR "${count} violations in ${files} files:\n  ${text}\n")
endif()
message(STATUS "${files} files keep the rules")
