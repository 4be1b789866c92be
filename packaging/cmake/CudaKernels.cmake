# SPDX-License-Identifier: Apache-2.0
# rankscope_kernels_cuda from the list cuda_sources, if nvcc is found. Building needs no GPU and no driver; whether a kernel
# is used is decided at run time. Users of the library ask if(TARGET rankscope_kernels_cuda).
set(RANKSCOPE_CUDA AUTO CACHE STRING "CUDA kernels: AUTO (when nvcc is found), ON (fail without it) or OFF")
set_property(CACHE RANKSCOPE_CUDA PROPERTY STRINGS AUTO ON OFF)
# Named, not "native": that fails where there is no GPU. CI compiles 90a alone.
set(RANKSCOPE_CUDA_ARCHITECTURES "80;90a;100;120" CACHE STRING
    "What the CUDA kernels are compiled for: Ampere and Ada, Hopper, Blackwell in servers, Blackwell in desktops")
if(NOT RANKSCOPE_CUDA)
  return()
endif()
# Says why there are no CUDA kernels: an error where they were asked for.
function(no_cuda_kernels why)
  if(RANKSCOPE_CUDA STREQUAL "AUTO")
    message(STATUS "CUDA kernels: not built, ${why}")
  else()
    message(FATAL_ERROR "CUDA kernels (RANKSCOPE_CUDA=${RANKSCOPE_CUDA}): ${why}")
  endif()
endfunction()
if(NOT CMAKE_CUDA_COMPILER)
  # Toolkits install outside PATH.
  find_program(RANKSCOPE_NVCC nvcc HINTS ENV CUDACXX ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
  mark_as_advanced(RANKSCOPE_NVCC)
  if(NOT RANKSCOPE_NVCC)
    no_cuda_kernels("nvcc was not found")
    return()
  endif()
  set(CMAKE_CUDA_COMPILER ${RANKSCOPE_NVCC})
endif()
execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --version OUTPUT_VARIABLE _nvcc ERROR_QUIET)
string(REGEX MATCH "release ([0-9]+\\.[0-9]+)" _ "${_nvcc}")
set(_toolkit ${CMAKE_MATCH_1})
if(_toolkit VERSION_LESS 12.0)
  no_cuda_kernels("${CMAKE_CUDA_COMPILER} is ${_toolkit}, 12.0 or newer is needed for C++20")
  return()
endif()
if(CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
endif()

# Machine code for each; the oldest also as PTX, which serves what comes later.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  foreach(_architecture IN LISTS RANKSCOPE_CUDA_ARCHITECTURES)
    if(_architecture MATCHES "^1[0-9][0-9]" AND _toolkit VERSION_LESS 12.8)
      message(STATUS "CUDA kernels: nvcc ${_toolkit} does not know sm_${_architecture}")
    elseif(_architecture STREQUAL "80")
      list(APPEND CMAKE_CUDA_ARCHITECTURES 80)
    else()
      list(APPEND CMAKE_CUDA_ARCHITECTURES ${_architecture}-real)
    endif()
  endforeach()
endif()
enable_language(CUDA)
# CMake before 3.26 does not know that nvcc 12 and newer speak C++20.
if(CMAKE_CUDA_COMPILER_ID STREQUAL "NVIDIA" AND NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  list(APPEND CMAKE_CUDA_COMPILE_FEATURES cuda_std_20)
endif()

# Shared, with the CUDA runtime inside: who links it needs neither nvcc nor libcudart, and it loads where no driver is.
add_library(rankscope_kernels_cuda SHARED ${cuda_sources})
set_target_properties(rankscope_kernels_cuda PROPERTIES
  CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON CUDA_EXTENSIONS OFF CUDA_RUNTIME_LIBRARY Static POSITION_INDEPENDENT_CODE ON)
target_link_libraries(rankscope_kernels_cuda PUBLIC rankscope_kernels)
# Line numbers are for profilers, and name the source tree: not in what is installed.
target_compile_options(rankscope_kernels_cuda PRIVATE
  "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-Xcompiler=-Wall,-Wextra>"
  "$<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<CONFIG:Debug,RelWithDebInfo>>:-lineinfo>")
message(STATUS "CUDA kernels: nvcc ${_toolkit}, architectures ${CMAKE_CUDA_ARCHITECTURES}")
