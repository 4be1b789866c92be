// SPDX-License-Identifier: Apache-2.0
#include "app/cli/kernel_table.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string shape(const KernelBenchRow& r) {
    if (r.operation == "cross-entropy") return fmt::format("{} x {} x {}", r.length, r.keys, r.values);
    if (r.operation == "singular-values") return fmt::format("{} of {} x {}", r.batch, r.keys, r.values);
    return fmt::format("B{} T{} H{} {} x {}", r.batch, r.length, r.heads, r.keys, r.values);
}

}  // namespace

std::string kernel_table(const KernelBenchResult& r) {
    std::string text = fmt::format("{}, {} thread{}, kernels compiled by {}\n", r.processor, r.threads, r.threads == 1 ? "" : "s", r.compiler);
    text += fmt::format("peaks: {:.0f} GF/s on one core, {:.0f} GF/s on {}; memory {:.1f} and {:.1f} GB/s\n", r.fma_one, r.fma_all, r.threads,
                        r.read_one, r.read_all);
    text += fmt::format("{:<16} {:<24} {:<28} {:<16} {:>10} {:>10} {:>7} {:>15} {:>12} {:>6}\n", "operation", "shape", "against", "kernel", "ours ms",
                        "theirs ms", "ratio", "quartiles", "speed", "peak");
    for (const KernelBenchRow& row : r.rows) {
        text += fmt::format("{:<16} {:<24} {:<28} {:<16} {:>10.3f} {:>10.3f} {:>7.1f} {:>15} {:>12} {:>4.0f} %\n", row.operation, shape(row), row.baseline,
                            row.implementation, row.ours_ms, row.baseline_ms, row.ratio, fmt::format("{:.1f} to {:.1f}", row.ratio_lower, row.ratio_upper),
                            fmt::format("{:.1f} {}", row.speed, row.unit), row.percent);
    }
    return text;
}

Json to_json(const KernelBenchResult& r) {
    Json rows = Json::array();
    for (const KernelBenchRow& row : r.rows) {
        rows.push_back({{"operation", row.operation}, {"baseline", row.baseline}, {"implementation", row.implementation}, {"batch", row.batch},
                        {"length", row.length}, {"heads", row.heads}, {"keys", row.keys}, {"values", row.values}, {"ours_ms", row.ours_ms},
                        {"baseline_ms", row.baseline_ms}, {"ratio", row.ratio}, {"ratio_quartiles", {row.ratio_lower, row.ratio_upper}},
                        {"rounds", row.rounds}, {"speed", row.speed}, {"unit", row.unit}, {"percent_of_peak", row.percent},
                        {"difference", row.difference}});
    }
    return {{"processor", r.processor}, {"threads", r.threads}, {"compiler", r.compiler}, {"instruction_set", r.instruction_set},
            {"peaks", {{"fma_gflops_one", r.fma_one}, {"fma_gflops_all", r.fma_all}, {"read_gbs_one", r.read_one}, {"read_gbs_all", r.read_all}}},
            {"rows", rows}};
}

}  // namespace rankscope::cli
