// SPDX-License-Identifier: Apache-2.0
#include "core/capture/detail/capture_structure.hpp"
#include "core/spectra/rank_metrics.hpp"

#include <algorithm>
#include <limits>

namespace rankscope::hdf5 {
namespace {

// Mean over windows and positions of a dataset [W, P, …rest], [rest] values. Window by window in order, so that a resumed
// capture gives the same bits as an uninterrupted one.
std::vector<double> mean_of(const Dataset& dataset, const std::string& path, const CaptureLayout& layout, const std::vector<std::int64_t>& rest) {
    Extents offset(rest.size() + 2, 0), count{1, layout.positions.size()};
    std::size_t width = 1;
    for (const std::int64_t size : rest) {
        count.push_back(static_cast<hsize_t>(size));
        width *= static_cast<std::size_t>(size);
    }
    std::vector<double> sums(width, 0.0);
    std::vector<float> values(layout.positions.size() * width);
    for (std::int64_t w = 0; w < layout.windows(); ++w) {
        offset[0] = static_cast<hsize_t>(w);
        const Block block = block_of(dataset, offset, count);
        written(H5Dread(dataset.id(), H5T_NATIVE_FLOAT, block.memory.id(), block.file.id(), H5P_DEFAULT, values.data()), path, "means");
        for (std::size_t i = 0; i < values.size(); ++i) sums[i % width] += values[i];
    }
    const auto n = static_cast<double>(layout.windows() * std::ssize(layout.positions));
    for (double& sum : sums) sum /= n;
    return sums;
}

void write_all(const Dataset& dataset, const std::vector<float>& values, const std::string& path) {
    written(H5Dwrite(dataset.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path, "means");
}

}  // namespace

void write_means(const CaptureDatasets& datasets, const std::string& path, const CaptureLayout& layout) {
    const std::vector<std::int32_t> heads = head_axis(layout);
    const auto index = static_cast<std::size_t>(index_axis(layout));
    const float nan = std::numeric_limits<float>::quiet_NaN();
    // Place of each head of a layer on the common axis.
    const auto place = [&](const CaptureLayer& layer, std::size_t head) {
        return static_cast<std::size_t>(std::lower_bound(heads.begin(), heads.end(), layer.heads[head]) - heads.begin());
    };
    std::vector<float> spectra(layout.spectra ? layout.layers.size() * heads.size() * index : 0, nan);
    for (std::size_t l = 0; layout.spectra && l < layout.layers.size(); ++l) {
        const CaptureLayer& layer = layout.layers[l];
        const auto rank = static_cast<std::size_t>(layer.rank_limit());
        const std::vector<double> means = mean_of(datasets.layers[l].singular_values, path, layout, {layer.head_count(), layer.rank_limit()});
        for (std::size_t h = 0; h < layer.heads.size(); ++h) {
            const std::size_t to = (l * heads.size() + place(layer, h)) * index;
            for (std::size_t i = 0; i < rank; ++i) spectra[to + i] = static_cast<float>(means[h * rank + i]);
        }
    }
    if (layout.spectra) write_all(datasets.means.singular_values, spectra, path);
    for (std::size_t m = 0; m < datasets.means.metrics.size(); ++m) {
        std::vector<float> values(layout.layers.size() * heads.size(), nan);
        for (std::size_t l = 0; l < layout.layers.size(); ++l) {
            const CaptureLayer& layer = layout.layers[l];
            const std::vector<double> means = mean_of(datasets.layers[l].metrics[m], path, layout, {layer.head_count()});
            for (std::size_t h = 0; h < layer.heads.size(); ++h) values[l * heads.size() + place(layer, h)] = static_cast<float>(means[h]);
        }
        write_all(datasets.means.metrics[m], values, path);
    }
}

}  // namespace rankscope::hdf5
