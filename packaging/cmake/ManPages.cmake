# SPDX-License-Identifier: Apache-2.0
# Target man_pages: rankscope(1) from its text, rankscope-cli(1) from its text and what the program says of its commands and
# options (`rankscope-cli --man-page`), so that the page cannot lag behind.
set(_pages rankscope-cli)
if(TARGET rankscope)
  list(APPEND _pages rankscope)
endif()
set(_zipped)
foreach(_page IN LISTS _pages)
  set(_made ${PROJECT_BINARY_DIR}/share/man/${_page}.1)
  set(_component window)
  set(_program)
  if(_page STREQUAL "rankscope-cli")
    set(_component cli)
    set(_program rankscope-cli)
  endif()
  add_custom_command(OUTPUT ${_made}.gz
    COMMAND ${CMAKE_COMMAND} -DPAGE=${CMAKE_CURRENT_SOURCE_DIR}/man/${_page}.1.in -DOUTPUT=${_made}
            "-DPROGRAM=$<$<BOOL:${_program}>:$<TARGET_FILE:rankscope-cli>>"
            -DVERSION=${PROJECT_VERSION} -DCHANGELOG=${CMAKE_CURRENT_SOURCE_DIR}/debian/changelog
            -DLIBTORCH_VERSION=${RANKSCOPE_TORCH_VERSION}
            -P ${PROJECT_SOURCE_DIR}/packaging/cmake/fill_man_page.cmake
    DEPENDS man/${_page}.1.in debian/changelog ${PROJECT_SOURCE_DIR}/packaging/cmake/fill_man_page.cmake ${_program}
    VERBATIM)
  list(APPEND _zipped ${_made}.gz)
  install(FILES ${_made}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT ${_component})
endforeach()
add_custom_target(man_pages ALL DEPENDS ${_zipped})
