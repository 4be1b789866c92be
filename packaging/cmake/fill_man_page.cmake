# SPDX-License-Identifier: Apache-2.0
# One manual page from its text. PAGE, OUTPUT (OUTPUT.gz as well), VERSION, CHANGELOG (its newest date is the page's),
# LIBTORCH_VERSION and, where the page has @COMMANDS@, PROGRAM that prints them.
file(STRINGS ${CHANGELOG} _dates REGEX "^ -- ")
list(GET _dates 0 _date)
string(REGEX MATCH "([0-9]+) ([A-Z][a-z][a-z]) ([0-9][0-9][0-9][0-9])" _ "${_date}")
set(DATE "${CMAKE_MATCH_1} ${CMAKE_MATCH_2} ${CMAKE_MATCH_3}")
if(PROGRAM)
  execute_process(COMMAND ${PROGRAM} --man-page OUTPUT_VARIABLE COMMANDS COMMAND_ERROR_IS_FATAL ANY)
  string(STRIP "${COMMANDS}" COMMANDS)
endif()
configure_file(${PAGE} ${OUTPUT} @ONLY)
# -n: neither name nor time, the same bytes every time.
execute_process(COMMAND gzip -9nc ${OUTPUT} OUTPUT_FILE ${OUTPUT}.gz COMMAND_ERROR_IS_FATAL ANY)
