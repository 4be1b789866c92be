// SPDX-License-Identifier: Apache-2.0
#include "app/cli/report/capture_digest.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/base/error.hpp"
#include "core/base/json_text.hpp"
#include "core/capture/capture_reader.hpp"

namespace rankscope::cli::report {
namespace {

std::string model_hash_of(const std::string& provenance) {
    try {
        const auto value = nlohmann::json::parse(prepare_json(provenance, "provenance"), nullptr, false);
        if (value.is_object() && value.contains("model_hash") && value["model_hash"].is_string()) return value["model_hash"].get<std::string>();
    } catch (const Error&) {
        // as good as none
    }
    return {};
}

// Collects samples of one layer over the windows.
class LayerSamples {
public:
    LayerSamples(const CaptureReader& reader, std::size_t number)
        : reader_(reader), number_(number), layer_(reader.layout().layers[number]), positions_(reader.layout().positions.size()) {}

    LayerDigest digest(const Progress& progress) {
        stable_.resize(positions_);
        entropy_.resize(positions_);
        sigma_.resize(static_cast<std::size_t>(layer_.rank_limit()));
        energy_.assign(layer_.captured_key_heads.size(), std::vector<double>(static_cast<std::size_t>(layer_.key_dim)));
        for (std::int64_t window = 0; window < reader_.windows_done(); ++window) {
            progress.check();
            add(window);
        }
        LayerDigest out{layer_.index, layer_.key_dim, layer_.value_dim, layer_.head_count(), {}, {}, {}, {}, {}, layer_.captured_key_heads, std::move(energy_)};
        for (auto& values : sigma_) out.singular_values.push_back(spread_of(std::move(values)));
        out.mean_stable = all(stable_);
        out.mean_entropy = all(entropy_);
        for (auto& values : stable_) out.stable.push_back(spread_of(std::move(values)));
        for (auto& values : entropy_) out.entropy.push_back(spread_of(std::move(values)));
        return out;
    }

private:
    static Spread all(const std::vector<std::vector<double>>& samples) {
        std::vector<double> values;
        for (const auto& some : samples) values.insert(values.end(), some.begin(), some.end());
        return spread_of(std::move(values));
    }

    void add(std::int64_t window) {
        const std::vector<float> sigma = reader_.singular_values(number_, window);
        const std::vector<float> stable = reader_.metric("rank_stable", number_, window), entropy = reader_.metric("rank_entropy", number_, window);
        const std::vector<float> energy = reader_.channel_energy(number_, window);
        const std::size_t heads = layer_.heads.size(), rank = sigma_.size(), width = static_cast<std::size_t>(layer_.key_dim), last = positions_ - 1;
        const auto group = static_cast<std::int32_t>(layer_.value_heads / layer_.key_heads);
        for (std::size_t p = 0; p < positions_; ++p) {
            for (std::size_t h = 0; h < heads; ++h) {
                stable_[p].push_back(stable.at(p * heads + h));
                entropy_[p].push_back(entropy.at(p * heads + h));
            }
        }
        for (std::size_t h = 0; h < heads; ++h) {
            for (std::size_t i = 0; i < rank; ++i) sigma_[i].push_back(sigma.at((last * heads + h) * rank + i));
            const auto found = std::find(layer_.captured_key_heads.begin(), layer_.captured_key_heads.end(), layer_.heads[h] / group);
            auto& row = energy_.at(static_cast<std::size_t>(found - layer_.captured_key_heads.begin()));
            for (std::size_t c = 0; c < width; ++c) row[c] += energy.at((last * heads + h) * width + c);
        }
    }

    const CaptureReader& reader_;
    std::size_t number_;
    const CaptureLayer& layer_;
    std::size_t positions_;
    std::vector<std::vector<double>> stable_, entropy_, sigma_, energy_;
};

}  // namespace

Spread spread_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const auto quantile = [&](double share) {
        const double at = share * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(at);
        const double above = values[std::min(below + 1, values.size() - 1)];
        return values[below] + (at - static_cast<double>(below)) * (above - values[below]);
    };
    return {std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()), quantile(0.25), quantile(0.75)};
}

const LayerDigest* CaptureDigest::layer(std::int64_t index) const {
    const auto found = std::find_if(layers.begin(), layers.end(), [index](const LayerDigest& layer) { return layer.index == index; });
    return found == layers.end() ? nullptr : &*found;
}

CaptureDigest digest_capture(const std::filesystem::path& path, const Progress& progress) {
    const CaptureReader reader(path);
    const CaptureLayout& layout = reader.layout();
    if (!layout.spectra || reader.windows_done() == 0) {
        throw_input("no spectra: " + printable(path.string(), 400) + ": found a capture without complete spectra, expected some");
    }
    CaptureDigest out;
    out.positions = layout.positions;
    out.windows = reader.windows_done();
    out.window_tokens = layout.window_tokens;
    out.model_hash = model_hash_of(reader.provenance());
    for (std::size_t number = 0; number < layout.layers.size(); ++number) {
        out.layers.push_back(LayerSamples(reader, number).digest(progress));
        progress.update({static_cast<double>(number + 1), static_cast<double>(layout.layers.size()), "layers", -1, {}});
    }
    return out;
}

std::optional<double> energy_kept(const LayerDigest& layer, const std::vector<std::vector<std::int32_t>>& keep, std::int64_t key_dim) {
    if (layer.key_dim != key_dim) return std::nullopt;
    double sum = 0;
    for (std::size_t i = 0; i < layer.key_heads.size(); ++i) {
        const auto head = static_cast<std::size_t>(layer.key_heads[i]);
        const double total = std::accumulate(layer.energy[i].begin(), layer.energy[i].end(), 0.0);
        if (head >= keep.size() || !(total > 0)) return std::nullopt;
        double kept = 0;
        for (const std::int32_t channel : keep[head]) kept += layer.energy[i].at(static_cast<std::size_t>(channel));
        sum += kept / total;
    }
    return layer.key_heads.empty() ? std::nullopt : std::optional(sum / static_cast<double>(layer.key_heads.size()));
}

}  // namespace rankscope::cli::report
