# SPDX-License-Identifier: Apache-2.0
# rankscope_kernels_cuda from the list cuda_sources, if nvcc is found. Building needs no GPU and no driver; whether a kernel
# is used is decided at run time. Users of the library ask if(TARGET rankscope_kernels_cuda).
option(RANKSCOPE_CUDA "Build the CUDA kernels when nvcc is found" ON)
if(NOT RANKSCOPE_CUDA)
  return()
endif()
if(NOT CMAKE_CUDA_COMPILER)
  # Toolkits install outside PATH.
  find_program(RANKSCOPE_NVCC nvcc HINTS ENV CUDACXX ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
  mark_as_advanced(RANKSCOPE_NVCC)
  if(NOT RANKSCOPE_NVCC)
    message(STATUS "CUDA kernels: not built, nvcc was not found")
    return()
  endif()
  set(CMAKE_CUDA_COMPILER ${RANKSCOPE_NVCC})
endif()
execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --version OUTPUT_VARIABLE _nvcc ERROR_QUIET)
string(REGEX MATCH "release ([0-9]+\\.[0-9]+)" _ "${_nvcc}")
set(_toolkit ${CMAKE_MATCH_1})
if(_toolkit VERSION_LESS 12.0)
  message(STATUS "CUDA kernels: not built, ${CMAKE_CUDA_COMPILER} is ${_toolkit}, 12.0 or newer is needed for C++20")
  return()
endif()
if(CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
endif()

# Named, not "native": that fails where there is no GPU. Code for x.0 also runs on every later x.y.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES
      75-real   # Turing: T4, RTX 20
      80-real   # Ampere and Ada: A100, RTX 30, RTX 40, L4
      90)       # Hopper: H100, H200; its PTX serves what comes later
  if(_toolkit VERSION_GREATER_EQUAL 12.8)
    list(APPEND CMAKE_CUDA_ARCHITECTURES
         100-real   # Blackwell in servers
         120-real)  # Blackwell in desktops
  endif()
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
target_compile_options(rankscope_kernels_cuda PRIVATE
  "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-lineinfo;-Xcompiler=-Wall,-Wextra>")
message(STATUS "CUDA kernels: nvcc ${_toolkit}, architectures ${CMAKE_CUDA_ARCHITECTURES}")
