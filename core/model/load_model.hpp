// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/model.hpp"

#include <memory>

namespace rankscope {

/// Loads a model. Weights with NaN or infinity are warned about by name. Error{Resource}: the device is not
/// there or its memory is too small; Error{Usage}: an unknown device or dtype.
[[nodiscard]] std::unique_ptr<Model> load_model(const ModelFolder& folder, const Placement& placement,
                                                const Progress& progress);

}  // namespace rankscope
