// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/engine_control.hpp"
