// SPDX-License-Identifier: Apache-2.0
#include "app/cli/capture_summary.hpp"

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
        const auto rank = static_cast<std::size_t>(layer.rank_limit());
        for (std::int64_t w = 0; w < reader.windows_done(); ++w) {
            const std::vector<float> stored = reader.singular_values(number, w);
            const std::vector<double> sigma(stored.begin(), stored.end());
            std::vector<std::vector<float>> metrics;
            for (const RankMetric& metric : table) metrics.push_back(reader.metric(std::string(metric.name), number, w));
            for (std::size_t sample = 0; sample * rank < sigma.size(); ++sample) {
                RankMetrics values;
                for (std::size_t m = 0; m < table.size(); ++m) values.*table[m].value = metrics[m][sample];
                summary.add(layer.index, layer.heads[sample % layer.heads.size()], std::span(sigma).subspan(sample * rank, rank), values);
            }
            progress.update({++done, total, "windows", -1, {}});
        }
    }
    return summary;
}

}  // namespace rankscope::cli
