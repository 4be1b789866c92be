// SPDX-License-Identifier: Apache-2.0
// tests/golden/spectra: singular values by LAPACK in float64, two drivers, and the metrics computed from them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/checkpoint/safetensors.hpp"
#include "core/spectra/rank_metrics.hpp"
#include "core/spectra/singular_values.hpp"

namespace rankscope {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/spectra";

struct Case {
    std::int64_t count = 1, rows = 0, columns = 0;
    std::vector<float> matrices;
    std::vector<double> sigma;

    [[nodiscard]] std::int64_t width() const { return std::min(rows, columns); }
};

Case read_case(const SafetensorsFile& file, const std::string& name) {
    Case c;
    const TensorView& a = file.tensors().at(name + ".A");
    const std::size_t last = a.shape.size() - 1;
    c.count = last == 2 ? a.shape[0] : 1;
    c.rows = a.shape[last - 1];
    c.columns = a.shape[last];
    c.matrices = a.to_float();
    const TensorView& sigma = file.tensors().at(name + ".sigma");
    c.sigma.resize(sigma.bytes.size() / sizeof(double));
    std::memcpy(c.sigma.data(), sigma.bytes.data(), sigma.bytes.size());
    return c;
}

std::vector<std::string> case_names(const SafetensorsFile& file) {
    std::vector<std::string> names;
    for (const auto& [name, view] : file.tensors()) {
        if (name.ends_with(".A")) names.push_back(name.substr(0, name.size() - 2));
    }
    return names;
}

TEST(SpectraGolden, SingularValuesAreThoseOfLapack) {
    const SafetensorsFile file(kFolder / "matrices.safetensors");
    const std::vector<std::string> names = case_names(file);
    ASSERT_GE(names.size(), 20U);
    for (const std::string& name : names) {
        const Case c = read_case(file, name);
        std::vector<double> found(c.sigma.size());
        singular_values(c.matrices, c.count, c.rows, c.columns, found);
        for (std::int64_t m = 0; m < c.count; ++m) {
            const auto first = static_cast<std::size_t>(m * c.width());
            for (std::size_t i = 0; i < static_cast<std::size_t>(c.width()); ++i) {
                EXPECT_NEAR(found[first + i], c.sigma[first + i], 1e-13 * c.sigma[first]) << name << " matrix " << m << " value " << i;
                EXPECT_GE(found[first + i], 0.0) << name;
                if (i > 0) {
                    EXPECT_LE(found[first + i], found[first + i - 1]) << name;
                }
            }
        }
    }
}

TEST(SpectraGolden, ZeroRowsGiveExactZeros) {
    const SafetensorsFile file(kFolder / "matrices.safetensors");
    const Case c = read_case(file, "zero-rows-64x48");
    std::int64_t nonzero_rows = 0;
    for (std::int64_t r = 0; r < c.rows; ++r) {
        const auto row = c.matrices.begin() + r * c.columns;
        nonzero_rows += std::any_of(row, row + c.columns, [](float x) { return x != 0; }) ? 1 : 0;
    }
    ASSERT_LT(nonzero_rows, c.width());
    std::vector<double> found(c.sigma.size());
    singular_values(c.matrices, c.count, c.rows, c.columns, found);
    for (std::int64_t i = 0; i < c.width(); ++i) {
        if (i < nonzero_rows) {
            EXPECT_GT(found[static_cast<std::size_t>(i)], 0.0) << i;
        } else {
            EXPECT_EQ(found[static_cast<std::size_t>(i)], 0.0) << i;
        }
    }
}

TEST(SpectraGolden, MetricsAreThoseOfTheDefinition) {
    const SafetensorsFile file(kFolder / "matrices.safetensors");
    std::ifstream stream(kFolder / "expected.json");
    const nlohmann::json expected = nlohmann::json::parse(stream).at("metrics");
    for (const auto& [name, per_case] : expected.items()) {
        const Case c = read_case(file, name);
        const nlohmann::json list = per_case.is_array() ? per_case : nlohmann::json::array({per_case});
        ASSERT_EQ(std::ssize(list), c.count) << name;
        std::vector<double> sigma(c.sigma.size());
        singular_values(c.matrices, c.count, c.rows, c.columns, sigma);
        for (std::size_t m = 0; m < list.size(); ++m) {
            const std::span spectrum(sigma.data() + m * static_cast<std::size_t>(c.width()), static_cast<std::size_t>(c.width()));
            const RankMetrics metrics = rank_metrics(spectrum);
            std::size_t compared = 0;
            for (const RankMetric& metric : rank_metrics_table()) {
                const auto value = list[m].find(std::string(metric.name));
                if (value == list[m].end()) continue;
                ++compared;
                EXPECT_NEAR(metrics.*metric.value, value->get<double>(), 1e-10 * value->get<double>()) << name << ' ' << metric.name;
            }
            EXPECT_EQ(compared, 5U) << name;  // stable, utilisation, entropy, energy, participation
            EXPECT_NEAR(metrics.norm_spectral, list[m].at("spectral").get<double>(), 1e-13 * metrics.norm_spectral) << name;
            EXPECT_NEAR(metrics.norm_frobenius, std::sqrt(list[m].at("energy").get<double>()), 1e-12 * metrics.norm_frobenius) << name;
            std::size_t counted = 0;
            for (const auto& [key, value] : list[m].items()) {
                const std::size_t bracket = key.find('(');
                if (bracket == std::string::npos) continue;
                ++counted;
                const double argument = std::stod(key.substr(bracket + 1));
                const std::int64_t rank = key.starts_with("rank_at") ? rank_at(spectrum, argument) : rank_threshold(spectrum, argument);
                EXPECT_EQ(rank, value.get<std::int64_t>()) << name << ' ' << key;
            }
            EXPECT_GE(counted, 9U) << name;
            EXPECT_EQ(metrics.threshold, list[m].at("rank_threshold(0.0001)").get<double>()) << name;
            EXPECT_EQ(metrics.at_99, list[m].at("rank_at(0.99)").get<double>()) << name;
        }
    }
}

}  // namespace
}  // namespace rankscope
