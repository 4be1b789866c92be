# SPDX-License-Identifier: Apache-2.0
message(FATAL_ERROR "not written yet")
