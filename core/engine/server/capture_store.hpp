// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/capture_reader.hpp"
#include "core/protocol/capture_methods.hpp"

#include <filesystem>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace rankscope::server {

/// Answers questions about captured states. The files asked for last stay open, with the energies of their channels in memory, so
/// that a dragged slider is answered in a millisecond. One thread at a time.
class CaptureStore {
public:
    /// Everything but states, energies and inputs. Reads the file anew.
    [[nodiscard]] protocol::OpenCaptureResult open(const protocol::OpenCaptureRequest& request);
    [[nodiscard]] protocol::StateResult state(const protocol::StateRequest& request);
    [[nodiscard]] protocol::KeptEnergyResult kept_energy(const protocol::KeptEnergyRequest& request);
    [[nodiscard]] protocol::SpectrumAfterResult spectrum_after(const protocol::SpectrumAfterRequest& request);

private:
    struct Open {
        explicit Open(const std::string& path);

        std::string path;
        std::filesystem::file_time_type written;  ///< when the file was opened
        CaptureReader reader;
        /// By layer: [W][P, head, K] and [W][P, head, min(K, V)], as far as they were asked for.
        std::map<std::size_t, std::vector<std::vector<float>>> energy, sigma;
    };

    /// The file at this path, opened anew where another one has taken its place.
    Open& file(const std::string& path);

    std::list<Open> files_;  // the one used last in front
};

}  // namespace rankscope::server
