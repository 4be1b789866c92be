// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/gallery/sample_data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace rankscope::gui::sample {
namespace {

constexpr unsigned kSeed = 20;
constexpr double kFullPerplexity = 24.31;

// Falls slowly, then off a cliff near the end: what trained states look like.
std::vector<float> fallingSpectrum(int length, double decay, double cliff) {
    std::vector<float> sigma;
    for (int i = 0; i < length; ++i) {
        const double share = static_cast<double>(i) / (length - 1);
        sigma.push_back(static_cast<float>(
            3.1 * std::pow(10.0, -decay * std::pow(share, 0.6) - cliff * std::pow(share, 9))));
    }
    return sigma;
}

TradeoffDot makeDot(const QString& id, const QString& name, Method method, double state, double perplexity,
                    double error) {
    TradeoffDot dot;
    dot.id = id;
    dot.name = name;
    dot.method = method;
    dot.stateKib = state;
    dot.quality = perplexity;
    dot.delta = perplexity - kFullPerplexity;
    dot.standardError = error;
    dot.decodeSpeed = 2140 + 2.4 * (384 - state);
    dot.prefillSpeed = 21000 + 30 * (384 - state);
    dot.parameters = 7.42e6 - 2100 * (384 - state);
    dot.provenance = QStringLiteral("from sweep");
    return dot;
}

}  // namespace

SpectrumData spectrum(int heads, int channels, int otherSpectra) {
    std::mt19937 random(kSeed);
    std::uniform_real_distribution<double> uniform(0, 1);
    SpectrumData data;
    data.layer = 3;
    data.channels = channels;
    data.selected = heads / 2;
    for (int h = 0; h < heads; ++h) {
        const double decay = h == data.selected ? 1.7 : 1.2 + 4.5 * uniform(random);
        data.heads.push_back(fallingSpectrum(channels, decay, 2 + 2.5 * uniform(random)));
    }
    data.kept = channels * 5 / 8;
    const auto& selected = data.heads[static_cast<std::size_t>(data.selected)];
    for (int i = 0; i < data.kept; ++i) {
        const double share = static_cast<double>(i) / data.kept;
        data.afterPruning.push_back(static_cast<float>(0.97 * selected[static_cast<std::size_t>(i)]
                                                       * (1 - 0.72 * std::pow(share, 4))));
    }
    for (int s = 0; s < otherSpectra; ++s) {
        data.others.push_back(fallingSpectrum(channels, 1 + 5 * uniform(random), 1 + 4 * uniform(random)));
    }
    return data;
}

SpectrumData hostileSpectrum() {
    SpectrumData data = spectrum(4, 64);
    auto& sigma = data.heads[2];
    sigma[20] = std::numeric_limits<float>::quiet_NaN();
    for (std::size_t i = 40; i < 48; ++i)
        sigma[i] = 1e-8F;
    sigma[48] = 1e-30F;
    for (std::size_t i = 49; i < 64; ++i)
        sigma[i] = 0;
    data.heads[0].assign(64, 0.0F);
    return data;
}

RankOverTokensData rankOverTokens(int heads) {
    std::mt19937 random(kSeed);
    std::normal_distribution<double> normal;
    RankOverTokensData data;
    data.layer = 3;
    data.metric = QStringLiteral("entropy rank");
    data.tokens = 1024;
    data.token = 511;
    data.limit = 64;
    data.selected = std::min(2, heads - 1);
    for (int token = 15; token < 1024; token += 16)
        data.positions.push_back(token);
    constexpr double kTops[] = {5, 12.5, 31, 37};
    for (int h = 0; h < heads; ++h) {
        const double top = heads <= 4 ? kTops[h] : 4 + 36.0 * h / heads;
        double noise = 0;
        std::vector<float> line;
        for (const int token : data.positions) {
            noise = 0.8 * noise + 0.015 * top * normal(random);
            line.push_back(static_cast<float>(top * (1 - std::exp(-token / 90.0)) + noise));
        }
        data.ranks.push_back(line);
    }
    return data;
}

HeadsByLayerData headsByLayer(int layers, int heads) {
    std::mt19937 random(kSeed);
    std::uniform_real_distribution<double> uniform(0, 1);
    HeadsByLayerData data;
    data.metric = QStringLiteral("entropy rank");
    data.layer = std::min(3, layers - 1);
    data.head = std::min(2, heads - 1);
    for (int l = 0; l < layers; ++l) {
        std::vector<float> row;
        for (int h = 0; h < heads; ++h) {
            const bool low = uniform(random) < 0.4;
            row.push_back(static_cast<float>(low ? 3 + 4 * uniform(random) : 12 + 27 * uniform(random)));
        }
        data.ranks.push_back(row);
    }
    data.ranks[static_cast<std::size_t>(data.layer)][static_cast<std::size_t>(data.head)] = 31.2F;
    return data;
}

TradeoffData tradeoff() {
    TradeoffData data;
    TradeoffDot full = makeDot(QStringLiteral("full"), QStringLiteral("Full model"), Method::FullModel, 384,
                               kFullPerplexity, TradeoffDot::kUnknown);
    full.delta = TradeoffDot::kUnknown;
    data.dots.append(full);

    const struct {
        Method method;
        double riseAtHalf;
    } methods[] = {{Method::Random, 5.6},
                   {Method::L1, 2.52},
                   {Method::SWanda, 1.94},
                   {Method::Taylor, 0.93},
                   {Method::Drrqr, 0.71}};

    for (const auto& [method, riseAtHalf] : methods) {
        for (int eighths = 2; eighths <= 7; ++eighths) {
            const double rise =
                riseAtHalf * (std::exp(0.62 * (4 - eighths)) - std::exp(-2.48)) / (1 - std::exp(-2.48));
            const QString name = QStringLiteral("%1 %2 %").arg(methodName(method)).arg(eighths * 12.5);
            TradeoffDot dot = makeDot(methodKey(method) + QString::number(eighths), name, method,
                                      48.0 * eighths, kFullPerplexity + rise, 0.03 + 0.03 * rise);
            dot.uniform = true;
            data.dots.append(dot);
        }
    }
    const auto add = [&](const char* id, const char* name, Method method, double state, double perplexity,
                         double error, PlanState known) {
        data.dots.append(
            makeDot(QString::fromLatin1(id), QString::fromLatin1(name), method, state, perplexity, error));
        data.dots.last().state = known;
    };
    add("current", "Spared middle", Method::Drrqr, 184, 25.04, 0.19, PlanState::Measuring);
    data.dots.last().fraction = 23.0 / 40;
    add("ends", "Spared ends", Method::Drrqr, 223, 25.19, 0.34, PlanState::Estimate);
    add("mix", "Taylor mix", Method::Taylor, 177, 25.65, 0.12, PlanState::Estimate);
    add("failed", "By hand", Method::Mixed, 130, 27.6, TradeoffDot::kUnknown, PlanState::Failed);
    add("normalised", "Normalised", Method::DrrqrNormalised, 300, 24.9, 0.05, PlanState::Exact);
    add("recovered", "Recovered 25 %", Method::Drrqr, 96, 24.95, 0.07, PlanState::Exact);
    data.dots.last().recovered = true;
    data.dots.last().recoveredFrom = methodKey(Method::Drrqr) + QStringLiteral("2");
    data.current = QStringLiteral("current");
    data.pinA = methodKey(Method::Drrqr) + QStringLiteral("4");
    data.pinB = QStringLiteral("ends");
    return data;
}

HeatMapData heatMap(HeatMapKind kind) {
    constexpr std::size_t kSize = 64;
    constexpr std::size_t kDirections = 6;
    std::mt19937 random(kSeed);
    std::normal_distribution<double> normal;
    HeatMapData data;
    data.kind = kind;
    data.rows = kSize;
    data.columns = kSize;
    std::vector<double> strength;
    std::vector<std::vector<double>> keys(kSize, std::vector<double>(kDirections));
    for (std::size_t r = 0; r < kSize; ++r) {
        strength.push_back(0.03 + 0.25 * std::pow(std::abs(normal(random)) / 2, 3));
        double norm = 0;
        for (double& value : keys[r]) {
            value = normal(random);
            norm += value * value;
        }
        for (double& value : keys[r])
            value /= std::sqrt(norm);
    }
    for (std::size_t r = 0; r < kSize; ++r) {
        for (std::size_t c = 0; c < kSize; ++c) {
            double value = strength[r] * normal(random);
            if (kind == HeatMapKind::Gram) {
                value = 0;
                for (std::size_t d = 0; d < kDirections; ++d)
                    value += keys[r][d] * keys[c][d];
            }
            data.values.push_back(static_cast<float>(kind == HeatMapKind::Error ? 0.12 * value : value));
        }
    }
    if (kind == HeatMapKind::Error) data.factor = 5;
    if (kind == HeatMapKind::State) {
        for (const double s : strength)
            data.rowKept.push_back(s > 0.0338);
    }
    return data;
}

SingularValuesData singularValues() {
    SingularValuesData data;
    data.sigma = fallingSpectrum(64, 2.6, 1.4);
    data.kept = 40;
    return data;
}

NoiseData noise() {
    std::mt19937 random(kSeed);
    std::normal_distribution<double> normal;
    NoiseData data;
    data.layer = 3;
    data.head = 2;
    for (int l = 0; l < 6; ++l) {
        for (int h = 0; h < 4; ++h) {
            const double rank = 1 + 4.2 * std::abs(std::sin(1.7 * l + 2.3 * h));
            data.heads.append({l, h, static_cast<float>(rank),
                               static_cast<float>(std::exp(1.1 - 0.42 * rank + 0.18 * normal(random)))});
        }
    }

    const struct {
        const char* name;
        Method method;
        double base;
        double rise;
    } curves[] = {{"full model", Method::FullModel, 24.31, 34},
                  {"DRRQR 50 %", Method::Drrqr, 25.02, 26},
                  {"L1 50 %", Method::L1, 26.83, 45}};

    for (const auto& [name, method, base, rise] : curves) {
        NoiseData::Curve curve{QString::fromLatin1(name), method, {}, {}, {}};
        for (const double level : {0.0, 0.05, 0.1, 0.2, 0.3, 0.4}) {
            curve.level.push_back(static_cast<float>(level));
            curve.perplexity.push_back(static_cast<float>(base + rise * level * level));
            curve.error.push_back(static_cast<float>(0.1 + level));
        }
        data.curves.append(curve);
    }
    return data;
}

}  // namespace rankscope::gui::sample
