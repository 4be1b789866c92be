# SPDX-License-Identifier: Apache-2.0
# Finds LibTorch >= 2.7 and defines rankscope::torch (torch_cpu + c10 only; libtorch_cuda is opened at run time).
# Order: -DRANKSCOPE_LIBTORCH or $LIBTORCH -> a python3 that has torch -> the cache folder that packaging/libtorch fills.
# The wheel's own TorchConfig.cmake is not used: it insists on a CUDA toolkit and sets flags for everybody.
set(RANKSCOPE_LIBTORCH "$ENV{LIBTORCH}" CACHE PATH "Folder with include/ and lib/ of LibTorch >= 2.7")
set(_cache "$ENV{XDG_CACHE_HOME}")
if(NOT _cache)
  set(_cache "$ENV{HOME}/.cache")
endif()
set(_roots ${RANKSCOPE_LIBTORCH})
if(NOT RANKSCOPE_LIBTORCH)
  execute_process(COMMAND python3 -c "import importlib.util as u; s=u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
                  OUTPUT_VARIABLE _python_torch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  list(APPEND _roots ${_python_torch} ${_cache}/rankscope/libtorch-2.11.0/torch)
endif()
set(RANKSCOPE_TORCH_ROOT "")
foreach(_root IN LISTS _roots)
  if(EXISTS ${_root}/lib/libtorch_cpu.so AND EXISTS ${_root}/include/torch/headeronly/version.h)
    file(READ ${_root}/include/torch/headeronly/version.h _text)
  elseif(EXISTS ${_root}/lib/libtorch_cpu.so AND EXISTS ${_root}/include/torch/csrc/api/include/torch/version.h)
    file(READ ${_root}/include/torch/csrc/api/include/torch/version.h _text)
  else()
    continue()
  endif()
  string(REGEX MATCH "TORCH_VERSION_MAJOR ([0-9]+)" _ "${_text}")
  set(_major ${CMAKE_MATCH_1})
  string(REGEX MATCH "TORCH_VERSION_MINOR ([0-9]+)" _ "${_text}")
  set(_version ${_major}.${CMAKE_MATCH_1})
  # Older wheels use the pre-C++11 string ABI, which no Debian library can link with.
  if(_version VERSION_GREATER_EQUAL 2.7)
    set(RANKSCOPE_TORCH_ROOT ${_root})
    set(RANKSCOPE_TORCH_VERSION ${_version})
    break()
  endif()
  message(STATUS "LibTorch ${_version} in ${_root} is too old (2.7 or newer is needed)")
endforeach()
if(NOT RANKSCOPE_TORCH_ROOT)
  message(FATAL_ERROR "LibTorch >= 2.7 was not found. Run packaging/libtorch to fetch it, give -DRANKSCOPE_LIBTORCH=FOLDER, "
                      "or build the parts that need none with -DRANKSCOPE_TORCH=OFF.")
endif()
message(STATUS "LibTorch ${_version}: ${RANKSCOPE_TORCH_ROOT}")
add_library(rankscope_torch INTERFACE)
add_library(rankscope::torch ALIAS rankscope_torch)
target_include_directories(rankscope_torch SYSTEM INTERFACE ${RANKSCOPE_TORCH_ROOT}/include ${RANKSCOPE_TORCH_ROOT}/include/torch/csrc/api/include)
# LibTorch's folder carries a newer {fmt} than the system, which is found first; its compiled part is not to be linked.
target_compile_definitions(rankscope_torch INTERFACE FMT_HEADER_ONLY)
target_link_libraries(rankscope_torch INTERFACE ${RANKSCOPE_TORCH_ROOT}/lib/libtorch_cpu.so ${RANKSCOPE_TORCH_ROOT}/lib/libc10.so)
# CMake writes the folder of these two into what is built, and leaves it out of what is installed.
target_link_options(rankscope_torch INTERFACE "LINKER:--no-as-needed")
