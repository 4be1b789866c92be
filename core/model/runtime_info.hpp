// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rankscope {

/// A device that a model can be opened on.
struct ComputeDevice {
    std::string id;    ///< as --device takes it: "cpu", "cuda:0"
    std::string name;  ///< as its driver calls it; empty where it does not say
};

struct ComputeDevices {
    std::vector<ComputeDevice> devices;  ///< the CPU first
    std::string no_cuda;                 ///< why there is no CUDA device; empty where there is one
};

[[nodiscard]] ComputeDevices compute_devices();

/// LibTorch's version, the library behind its matrix products, its threads and the CUDA devices it can use, as pairs of
/// key and text for `doctor`.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> runtime_info();

}  // namespace rankscope
