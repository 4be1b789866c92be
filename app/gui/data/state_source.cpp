// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data/state_source.hpp"
