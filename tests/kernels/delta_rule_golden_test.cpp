// SPDX-License-Identifier: Apache-2.0
// Every implementation, and the reference itself, against outputs of flash-linear-attention's fp64 recurrence.
#include "core/checkpoint/safetensors.hpp"
#include "delta_rule_case.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

namespace rankscope::kernels::testing {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> golden_files() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/ops")) {
        if (entry.path().extension() == ".safetensors" && entry.path().stem().string().find("delta_rule") != std::string::npos) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

// float32 or float64, as stored.
std::vector<double> values(const SafetensorsFile& file, const std::string& name) {
    const auto found = file.tensors().find(name);
    if (found == file.tensors().end()) return {};
    const TensorView& view = found->second;
    if (view.dtype != DType::F64) {
        const std::vector<float> x = view.to_float();
        return {x.begin(), x.end()};
    }
    std::vector<double> x(static_cast<std::size_t>(view.elements()));
    std::memcpy(x.data(), view.bytes.data(), view.bytes.size());
    return x;
}

DeltaRuleCase read(const SafetensorsFile& file) {
    const auto& q = file.tensors().at("q").shape;
    const auto& v = file.tensors().at("v").shape;
    DeltaRuleCase problem({.B = q[0], .T = q[1], .H = q[2], .HV = v[2], .K = q[3], .V = v[3]}, 0);
    problem.scale = std::stod(file.metadata().at("scale"));
    problem.q = values(file, "q");
    problem.k = values(file, "k");
    problem.v = values(file, "v");
    problem.beta = values(file, "beta");
    problem.g = values(file, "g");
    problem.initial = values(file, "S0");
    return problem;
}

template <class Real>
double largest_error(const DeltaRuleCase& problem, const SafetensorsFile& file, void (*run)(const DeltaRuleArgs<Real>&)) {
    DeltaRuleRun<Real> ours(problem);
    run(ours.forward());
    std::vector<double> out = values(file, "o"), state = values(file, "S_T");
    out.resize(out.size() + DeltaRuleRun<Real>::kGuard);
    state.resize(state.size() + DeltaRuleRun<Real>::kGuard);
    EXPECT_EQ(out.size(), ours.out.size());
    EXPECT_EQ(state.size(), ours.final_state.size());
    return std::max(relative_error(ours.out, out), relative_error(ours.final_state, state));
}

class DeltaRuleGolden : public ::testing::TestWithParam<fs::path> {};

TEST_P(DeltaRuleGolden, EveryImplementationAgrees) {
    const SafetensorsFile file(GetParam());
    const DeltaRuleCase problem = read(file);
    const bool strong = GetParam().string().find("strongdecay") != std::string::npos;
    for (const DeltaRuleImplementation& each : tested_implementations()) {
        EXPECT_LE(largest_error<float>(problem, file, each.run), strong ? 5e-5 : 1e-5) << each.name;
    }
    const bool exact = file.tensors().at("o").dtype == DType::F64;
    EXPECT_LE(largest_error<double>(problem, file, &delta_rule_reference<double>), exact ? 1e-13 : 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Files, DeltaRuleGolden, ::testing::ValuesIn(golden_files()), [](const auto& info) {
    std::string name = info.param.stem().string();
    std::replace_if(name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
    return name;
});

}  // namespace
}  // namespace rankscope::kernels::testing
