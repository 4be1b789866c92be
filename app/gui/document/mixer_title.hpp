// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/model_config.hpp"

#include <QString>

namespace rankscope::gui {

/// Name of a mixer for people: "DeltaNet", "Gated DeltaNet", "softmax attention".
[[nodiscard]] QString mixerTitle(MixerKind mixer);

}  // namespace rankscope::gui
