// SPDX-License-Identifier: Apache-2.0
#include "golden_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace rankscope::test {
namespace fs = std::filesystem;

fs::path golden_models() {
    return fs::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/models";
}

std::vector<std::string> golden_variants() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(golden_models())) {
        if (fs::exists(entry.path() / "golden.safetensors"))
            names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<std::string> pruned_variants() {
    std::vector<std::string> names;
    for (const std::string& variant : golden_variants()) {
        for (const char* kind : {"pruned-uniform", "pruned-padded"}) {
            if (fs::exists(golden_models() / variant / kind)) names.push_back(variant + "/" + kind);
        }
    }
    return names;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}

std::unique_ptr<Model> load(const fs::path& folder, const std::string& dtype) {
    Placement placement;
    placement.device = "cpu";
    placement.dtype = dtype;
    return load_model(ModelFolder::open(folder), placement, {});
}

Golden::Golden(const fs::path& folder) : file_(folder / "golden.safetensors") {}

std::vector<std::int64_t> Golden::integers(const std::string& name) const {
    const TensorView& view = file_.tensors().at(name);
    std::vector<std::int64_t> values(static_cast<std::size_t>(view.elements()));
    std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
    return values;
}

Ids Golden::ids() const {
    const std::vector<std::int64_t> values = integers("input_ids");
    const auto rows = static_cast<std::size_t>(file_.tensors().at("input_ids").shape[0]);
    Ids ids(rows);
    for (std::size_t i = 0; i < values.size(); ++i)
        ids[i / (values.size() / rows)].push_back(static_cast<std::int32_t>(values[i]));
    return ids;
}

Pass run(const Model& model, const Ids& ids, const PassOptions& options) {
    Pass pass;
    TraceRequest request;
    request.layer_input = request.raw = request.inputs = request.out = true;
    request.state_positions = options.positions;
    request.deliver = [&](const MixerTrace& t) {
        const auto copy = [](std::span<const float> s) { return std::vector<float>(s.begin(), s.end()); };
        pass.traces[t.layer] = {t.K,           t.scale,   copy(t.layer_input), copy(t.q_raw),
                                copy(t.k_raw), copy(t.q), copy(t.k),           copy(t.v),
                                copy(t.beta),  copy(t.g), copy(t.out),         copy(t.states)};
    };
    Hidden x = model.embed(ids);
    const std::size_t layers = model.config().layers.size();
    for (std::size_t l = 0; l < layers; ++l) {
        RunOptions run;
        if (!options.selections.empty()) run.selection = &options.selections[l];
        if (!options.positions.empty()) run.trace = &request;
        run.noise = options.noise;
        run.reference_mixer = options.reference_mixer;
        pass.hidden.push_back(x);
        x = model.run_layer(static_cast<std::int64_t>(l), x, run);
    }
    pass.hidden.push_back(x);
    pass.logits = model.logits(x);
    pass.scores = model.score(x, ids);
    return pass;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    EXPECT_EQ(a.size(), b.size());
    if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        if (!(difference <= largest)) largest = difference;
    }
    EXPECT_TRUE(std::isfinite(largest));
    return largest;
}

double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
    double largest = 0;
    for (const float value : b)
        largest = std::max(largest, static_cast<double>(std::abs(value)));
    return largest_difference(a, b) / largest;
}

}  // namespace rankscope::test
