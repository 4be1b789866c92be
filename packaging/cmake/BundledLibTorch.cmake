# SPDX-License-Identifier: Apache-2.0
# Component libtorch: what librankscope_model.so needs of LibTorch, in lib/rankscope/libtorch-VERSION, where it looks by itself.
# The wheel's libtorch_cpu.so is linked with two libraries of the CUDA toolkit, GPU or not; they lie in wheels of their own.
# libgomp is the system's.
set(_site ${RANKSCOPE_TORCH_ROOT}/..)
file(GLOB _cuda_parts ${_site}/nvidia/*/lib/libcudart.so.* ${_site}/nvidia/*/lib/libcupti.so.*)
set(RANKSCOPE_BUNDLED_LIBTORCH ${RANKSCOPE_TORCH_ROOT}/lib/libtorch_cpu.so ${RANKSCOPE_TORCH_ROOT}/lib/libc10.so ${_cuda_parts})
set(_folder ${_private}/libtorch-${RANKSCOPE_TORCH_VERSION})
install(FILES ${RANKSCOPE_BUNDLED_LIBTORCH} DESTINATION ${_folder} COMPONENT libtorch EXCLUDE_FROM_ALL)
# They look in the folders of the other wheels first; here all lie in one. CMake itself strips only what it has linked.
install(CODE "
  foreach(_library libtorch_cpu.so libc10.so)
    set(_library \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${_folder}/\${_library}\")
    file(RPATH_SET FILE \"\${_library}\" NEW_RPATH \"\\\$ORIGIN\")
    if(CMAKE_INSTALL_DO_STRIP)
      execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-unneeded \"\${_library}\" COMMAND_ERROR_IS_FATAL ANY)
    endif()
  endforeach()" COMPONENT libtorch EXCLUDE_FROM_ALL)
# The licences that came with them.
set(_doc ${CMAKE_INSTALL_DATADIR}/doc/rankscope-libtorch)
file(GLOB _notices ${_site}/torch-*.dist-info/licenses/LICENSE ${_site}/torch-*.dist-info/licenses/NOTICE)
install(FILES ${_notices} DESTINATION ${_doc} COMPONENT libtorch EXCLUDE_FROM_ALL)
file(GLOB _notices ${_site}/nvidia_cuda_runtime-*.dist-info/licenses/License.txt)
install(FILES ${_notices} DESTINATION ${_doc} RENAME NVIDIA COMPONENT libtorch EXCLUDE_FROM_ALL)
