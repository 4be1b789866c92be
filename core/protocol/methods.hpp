// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/capture_methods.hpp"
#include "core/protocol/evaluation_methods.hpp"
#include "core/protocol/plan_methods.hpp"
#include "core/protocol/session_methods.hpp"

// Everything both sides speak; core/protocol/README.md is the table.
