# SPDX-License-Identifier: Apache-2.0
# Three packages, by `cpack` or packaging/deb: rankscope (the window), rankscope-cli (everything else of ours; all that another
# machine needs to be the engine) and rankscope-libtorch. LibTorch is apart because it is twenty times as large as the rest,
# changes less often, and may be there already, for instance in a Python.
if(TARGET rankscope_model)
  include(BundledLibTorch)
endif()

set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME rankscope)
# The first line of each description is its own; this one would be put before all.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL cli)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
# xz would save a fifth of the size for many times the work.
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
file(STRINGS ${PROJECT_SOURCE_DIR}/packaging/debian/changelog _signature REGEX "^ -- " LIMIT_COUNT 1)
string(REGEX REPLACE "^ -- (.*>)  .*" "\\1" CPACK_DEBIAN_PACKAGE_MAINTAINER "${_signature}")
# Where dpkg-shlibdeps finds the libraries that belong to no Debian package. One folder: CPack 3.25 cannot hand on two.
set(_private_libraries ${PROJECT_BINARY_DIR}/shlibdeps)
file(MAKE_DIRECTORY ${_private_libraries})
foreach(_library IN LISTS _libraries)
  file(CREATE_LINK ${PROJECT_BINARY_DIR}/lib/lib${_library}.so ${_private_libraries}/lib${_library}.so SYMBOLIC)
endforeach()
foreach(_library IN LISTS RANKSCOPE_BUNDLED_LIBTORCH)
  get_filename_component(_file ${_library} NAME)
  file(CREATE_LINK ${_library} ${_private_libraries}/${_file} SYMBOLIC)
endforeach()
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${_private_libraries})
set(_version "${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")

set(CPACK_DEBIAN_CLI_PACKAGE_NAME rankscope-cli)
set(CPACK_DEBIAN_CLI_PACKAGE_RECOMMENDS "rankscope-libtorch")
set(CPACK_DEBIAN_CLI_PACKAGE_SUGGESTS "python3-pip, rankscope")
set(CPACK_COMPONENT_CLI_DESCRIPTION
"prune and measure the recurrent state of language models
Captures the recurrent states that a text leaves in a DeltaNet or Gated
DeltaNet language model, and their ranks; chooses the key and query channels
that each layer keeps; measures what that costs in perplexity, recall, speed
and memory; exports the smaller model.

This package has the command line program, which is also the engine behind
the window, and three small models with texts and measured sessions. What runs
a model needs LibTorch: the package rankscope-libtorch, or the one that
rankscope-cli doctor --fetch-libtorch fetches.")

if(TARGET rankscope)
  list(APPEND CPACK_COMPONENTS_ALL window)
  set(CPACK_DEBIAN_WINDOW_PACKAGE_NAME rankscope)
  set(CPACK_DEBIAN_WINDOW_PACKAGE_DEPENDS "rankscope-cli (= ${_version})")
  set(CPACK_DEBIAN_WINDOW_PACKAGE_RECOMMENDS "fonts-dejavu-core, qt6-wayland")
  set(CPACK_DEBIAN_WINDOW_PACKAGE_SUGGESTS "openssh-client")
  set(CPACK_COMPONENT_WINDOW_DESCRIPTION
"laboratory for the recurrent state of language models
See the rank of every recurrent state of a DeltaNet or Gated DeltaNet language
model, choose with a slider per layer which key and query channels stay, and
see at once what that costs in perplexity, recall, speed and memory. Opens
with a measured demo, before anything runs.

This package has the window.")
endif()

if(TARGET rankscope_model)
  list(APPEND CPACK_COMPONENTS_ALL libtorch)
  set(CPACK_DEBIAN_LIBTORCH_PACKAGE_NAME rankscope-libtorch)
  set(CPACK_DEBIAN_LIBTORCH_PACKAGE_SECTION non-free/science)
  set(CPACK_DEBIAN_LIBTORCH_PACKAGE_ENHANCES "rankscope-cli")
  set(CPACK_COMPONENT_LIBTORCH_DESCRIPTION
"LibTorch for Rankscope, CPU part
The libraries of PyTorch ${RANKSCOPE_TORCH_VERSION} that rankscope-cli runs models with, in a folder
where no other program finds them.

A GPU is used with another LibTorch: let LIBTORCH name the torch folder of a
Python that has the same version.")
endif()

# Each package brings its copyright and changelog.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share)
execute_process(COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/packaging/debian/changelog
                OUTPUT_FILE ${PROJECT_BINARY_DIR}/share/changelog.Debian.gz COMMAND_ERROR_IS_FATAL ANY)
foreach(_component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER ${_component} _upper)
  set(_doc ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${_upper}_PACKAGE_NAME})
  set(_copyright copyright)
  set(_exclude)
  if(_component STREQUAL "libtorch")
    set(_copyright copyright-libtorch)
    set(_exclude EXCLUDE_FROM_ALL)
  endif()
  install(FILES debian/${_copyright} DESTINATION ${_doc} RENAME copyright COMPONENT ${_component} ${_exclude})
  install(FILES ${PROJECT_BINARY_DIR}/share/changelog.Debian.gz DESTINATION ${_doc} COMPONENT ${_component} ${_exclude})
endforeach()

include(CPack)
