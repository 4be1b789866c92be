// SPDX-License-Identifier: Apache-2.0
#include "app/cli/capture_summary.hpp"

#include <limits>
#include <span>
#include <string>

namespace rankscope::cli {

SpectrumSummary summarise_capture(const CaptureReader& reader, const std::vector<std::size_t>& layers, const Progress& progress) {
    const auto table = rank_metrics_table();
    SpectrumSummary summary;
    const auto total = static_cast<double>(reader.windows_done()) * static_cast<double>(layers.size());
    double done = 0;
    for (const std::size_t number : layers) {
        const CaptureLayer& layer = reader.layout().layers[number];
        const auto rank = static_cast<std::size_t>(reader.layout().spectra ? layer.rank_limit() : 0);
        for (std::int64_t w = 0; w < reader.windows_done(); ++w) {
            std::vector<float> stored;
            if (rank > 0) stored = reader.singular_values(number, w);
            const std::vector<double> sigma(stored.begin(), stored.end());
            const std::size_t samples = reader.layout().positions.size() * layer.heads.size();
            std::vector<std::vector<float>> metrics;
            for (const RankMetric& metric : table) {
                metrics.push_back(reader.has(std::string(metric.name), number) ? reader.metric(std::string(metric.name), number, w) : std::vector<float>());
            }
            for (std::size_t sample = 0; sample < samples; ++sample) {
                RankMetrics values;
                for (std::size_t m = 0; m < table.size(); ++m) {
                    values.*table[m].value = metrics[m].empty() ? std::numeric_limits<double>::quiet_NaN() : metrics[m][sample];
                }
                summary.add(layer.index, layer.heads[sample % layer.heads.size()], std::span(sigma).subspan(sample * rank, rank), values);
            }
            progress.update({++done, total, "windows", -1, {}});
        }
    }
    return summary;
}

}  // namespace rankscope::cli
