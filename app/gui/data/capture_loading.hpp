// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/data/capture_data.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rankscope {
class CaptureReader;
}

namespace rankscope::gui {

/// Reads everything of a capture but states and inputs. `check` is called between the datasets and may throw
/// to give up. Error{Input}: damaged, or no window can be read; Error{Resource}: its spectra would not fit
/// into memory.
[[nodiscard]] std::shared_ptr<const CaptureData> loadCapture(const CaptureReader& reader,
                                                             const std::string& path,
                                                             const std::function<void()>& check);

/// Adds up how much of ‖S‖² each row of the states of a head holds; states that are zero (or no numbers) are
/// left out.
class ChannelShares {
public:
    ChannelShares(std::size_t heads, std::size_t width);

    /// `energy` [state, head, K]: ‖S[c,:]‖².
    void add(std::span<const float> energy);
    /// [head, K]; a head whose states are all zero has zeros.
    [[nodiscard]] std::vector<float> means() const;

private:
    std::size_t heads_, width_;
    std::vector<double> sums_;
    std::vector<std::int64_t> states_;
};

/// Singular values of a state [rows, columns] with nothing but its rows `kept`: min(kept, columns) falling
/// values. Error{Usage}: a row beyond the state or not ascending; Error{Input}: NaN or infinity in it.
[[nodiscard]] std::vector<float> spectrumOfRows(std::span<const float> state, std::int64_t rows,
                                                std::int64_t columns, std::span<const std::int32_t> kept);

}  // namespace rankscope::gui
