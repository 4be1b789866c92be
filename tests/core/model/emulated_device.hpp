// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/internal/device_kernels.hpp"
#include "core/model/internal/device_mixer.hpp"

#include "emulated_layer_kernels.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rankscope::test {

/// All kernels of layers for GPUs, run by the emulator, and what their checks had to report.
struct EmulatedKernels {
    std::vector<std::string> reports;
    std::unique_ptr<internal::DeviceMixers> mixers;
    std::unique_ptr<internal::LayerKernels> layers;

    EmulatedKernels() {
        std::vector<internal::DeviceMixer> rules;
        for (const kernels::DeviceDeltaRule& rule : kernels::device_delta_rules())
            rules.push_back(internal::device_mixer(rule, emulated_limits()));
        std::vector<internal::DeviceGradient> gradients;
        for (const kernels::DeviceDeltaRuleBackward& rule : kernels::device_delta_rule_backwards())
            gradients.push_back(internal::device_gradient(rule, emulated_limits()));
        const auto report = [this](const std::string& line) { reports.push_back(line); };
        mixers = std::make_unique<internal::DeviceMixers>(std::move(rules), report, std::move(gradients));
        layers = std::make_unique<internal::LayerKernels>(emulated_layer_functions(), report);
    }

    EmulatedKernels(const EmulatedKernels&) = delete;

    [[nodiscard]] internal::DeviceKernels device() const { return {mixers.get(), layers.get()}; }

    /// Kernels around the recurrence that were asked for, trusted or not.
    [[nodiscard]] std::vector<std::string> layer_kernels() const {
        std::vector<std::string> names;
        for (const internal::KernelVerdict& verdict : layers->verdicts())
            names.push_back(verdict.use.kernel);
        return names;
    }
};

}  // namespace rankscope::test
