// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/capture_layout.hpp"
#include "core/capture/capture_writer.hpp"
#include "core/capture/detail/hdf5.hpp"
#include "core/spectra/rank_metrics.hpp"

#include <string>
#include <vector>

namespace rankscope::hdf5 {

/// Datasets of one captured layer; those that are not captured stay empty.
struct LayerDatasets {
    Dataset states, singular_values, channel_energy, q, k, v, beta, g;
    std::vector<Dataset> metrics;  ///< order of captured_metrics()
};

/// Means over windows and positions.
struct MeanDatasets {
    Dataset singular_values;       ///< [layer, head, index]; empty without spectra
    std::vector<Dataset> metrics;  ///< [layer, head], order of captured_metrics()
};

/// Every dataset of a capture that is being written.
struct CaptureDatasets {
    std::vector<LayerDatasets> layers;
    MeanDatasets means;
    Dataset tokens;  ///< [W, T]
    Attribute windows_done;
};

/// The entries of rank_metrics_table() that a capture of this layout has: all, those of two norms, or none.
[[nodiscard]] std::vector<RankMetric> captured_metrics(const CaptureLayout& layout);
/// Value heads that occur in any layer: the head axis of the means.
[[nodiscard]] std::vector<std::int32_t> head_axis(const CaptureLayout& layout);
/// Largest min(K, V): the length of their index axis.
[[nodiscard]] std::int64_t index_axis(const CaptureLayout& layout);

/// Creates all groups, datasets and attributes in an empty file and writes what is known from the start.
[[nodiscard]] CaptureDatasets create_structure(const File& file, const std::string& path, const CaptureLayout& layout,
                                               const CaptureTexts& texts);
/// Opens them in a file that has them.
[[nodiscard]] CaptureDatasets open_structure(const File& file, const std::string& path, const CaptureLayout& layout);

/// Reads spectra and metrics of all windows back, window by window, and writes their means.
void write_means(const CaptureDatasets& datasets, const std::string& path, const CaptureLayout& layout);

}  // namespace rankscope::hdf5
