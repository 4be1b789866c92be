// SPDX-License-Identifier: Apache-2.0
#include "app/cli/capture_summary.hpp"
#include "app/cli/commands/commands.hpp"
#include "app/cli/context.hpp"
#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/index_list.hpp"
#include "core/capture/capture_reader.hpp"
#include "core/spectra/rank_metrics.hpp"
#include "core/spectra/spectrum_summary.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string capture, csv, layers;
};

// Numbers of the captured layers that were asked for by their index in the model.
std::vector<std::size_t> chosen_layers(const CaptureLayout& layout, const std::string& list) {
    std::vector<std::size_t> chosen;
    const auto wanted = list.empty() ? std::vector<std::int64_t>{} : parse_index_list(list, layout.layers.back().index + 1, "layer");
    for (std::size_t i = 0; i < layout.layers.size(); ++i) {
        if (list.empty() || std::find(wanted.begin(), wanted.end(), layout.layers[i].index) != wanted.end()) chosen.push_back(i);
    }
    const bool by_name = list.find_first_not_of("0123456789,") == std::string::npos;
    for (const std::int64_t index : wanted) {
        const bool there = std::any_of(layout.layers.begin(), layout.layers.end(), [&](const CaptureLayer& l) { return l.index == index; });
        if (!there && by_name) throw_usage(fmt::format("no such layer: found {}, expected one that was captured", index));
    }
    if (chosen.empty()) throw_usage("no such layer: found none of them in the capture");
    return chosen;
}

// Places in rank_metrics_table() of the metrics that the capture has: those of two norms where it was made with `ranks`.
std::vector<std::size_t> captured_metrics(const CaptureReader& reader) {
    const auto table = rank_metrics_table();
    std::vector<std::size_t> places;
    for (std::size_t m = 0; m < table.size(); ++m) {
        const auto& names = reader.metrics();
        if (std::find(names.begin(), names.end(), table[m].name) != names.end()) places.push_back(m);
    }
    return places;
}

// What JSON cannot say (NaN, infinity) is null.
Json number(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json to_json(const SpectrumSummary& summary, const std::vector<std::size_t>& places) {
    const auto table = rank_metrics_table();
    Json layers = Json::array();
    for (const auto& [index, heads] : summary.layers()) {
        Json list = Json::array();
        for (const auto& [head, values] : heads) {
            Json entry = {{"index", head}};
            for (const std::size_t m : places) {
                const RunningMoments& moments = values.metrics()[m];
                const auto sd = moments.sd();
                entry[std::string(table[m].name)] = {{"mean", number(moments.mean())}, {"sd", sd ? number(*sd) : Json(nullptr)}, {"n", moments.n()}};
            }
            list.push_back(std::move(entry));
        }
        Json sigma = Json::array();
        for (const double value : summary.mean_singular_values(index)) sigma.push_back(number(value));
        layers.push_back({{"index", index}, {"singular_values", std::move(sigma)}, {"heads", std::move(list)}});
    }
    return layers;
}

Json metrics_json(const std::vector<std::size_t>& places) {
    Json formulas = Json::object();
    for (const std::size_t m : places) formulas[std::string(rank_metrics_table()[m].name)] = rank_metrics_table()[m].description;
    return formulas;
}

// One line for each layer and head: mean and sd of every metric that was captured, then the mean singular values.
std::string to_csv(const SpectrumSummary& summary, const std::vector<std::size_t>& places) {
    const auto table = rank_metrics_table();
    std::size_t rank = 0;
    for (const auto& [index, heads] : summary.layers()) {
        for (const auto& [head, values] : heads) rank = std::max(rank, values.mean_singular_values().size());
    }
    std::string text = "layer,head,n";
    for (const std::size_t m : places) text += fmt::format(",{0},{0}_sd", table[m].name);
    for (std::size_t i = 1; i <= rank; ++i) text += fmt::format(",sigma_{}", i);
    text += '\n';
    for (const auto& [index, heads] : summary.layers()) {
        for (const auto& [head, values] : heads) {
            text += fmt::format("{},{},{}", index, head, values.samples());
            for (const std::size_t m : places) {
                const RunningMoments& moments = values.metrics()[m];
                text += fmt::format(",{:.9g},{}", moments.mean(), moments.sd() ? fmt::format("{:.9g}", *moments.sd()) : "");
            }
            const auto& sigma = values.mean_singular_values();
            for (std::size_t i = 0; i < rank; ++i) text += i < sigma.size() ? fmt::format(",{:.9g}", sigma[i]) : ",";
            text += '\n';
        }
    }
    return text;
}

// Two ranks mean nothing without their thresholds, and the other names not much more.
std::string formulas(const std::vector<std::size_t>& places) {
    std::string text;
    for (const std::size_t m : places) text += fmt::format("{} = {}\n", rank_metrics_table()[m].name, rank_metrics_table()[m].description);
    return "\n" + text;
}

std::string to_table(const SpectrumSummary& summary, const std::vector<std::size_t>& places) {
    const auto table = rank_metrics_table();
    std::string text = fmt::format("{:>5} {:>5} {:>6}", "layer", "head", "n");
    for (const std::size_t m : places) text += fmt::format(" {:>18}", table[m].name);
    text += '\n';
    for (const auto& [index, heads] : summary.layers()) {
        for (const auto& [head, values] : heads) {
            text += fmt::format("{:>5} {:>5} {:>6}", index, head, values.samples());
            for (const std::size_t m : places) text += fmt::format(" {:>18.4g}", values.metrics()[m].mean());
            text += '\n';
        }
    }
    return text + formulas(places);
}

void run(const Context& context, const Options& o) {
    if (!o.csv.empty()) refuse_existing(o.csv, context.options.force);
    const CaptureReader reader(o.capture);
    const std::vector<std::size_t> places = captured_metrics(reader);
    if (places.empty() || (reader.layout().spectra && places.size() != rank_metrics_table().size())) {
        throw_input("no spectra: " + printable(o.capture, 400) + ": found a capture without them", "capture with --what states,spectra");
    }
    if (reader.windows_done() == 0) throw_input("no spectra: " + printable(o.capture, 400) + ": found no complete window", "finish it with capture --resume");
    if (!reader.complete()) {
        context.warn(fmt::format("{}: unfinished capture, {} of {} windows", printable(o.capture, 400), reader.windows_done(), reader.layout().windows()));
    }
    const SpectrumSummary summary = summarise_capture(reader, chosen_layers(reader.layout(), o.layers), context.progress("spectra"));
    if (!o.csv.empty()) write_text_file(o.csv, to_csv(summary, places));
    if (context.options.json) {
        const Json provenance = Json::parse(reader.provenance(), nullptr, false);
        context.print_json({{"layers", to_json(summary, places)},
                            {"metrics", metrics_json(places)},
                            {"positions", reader.layout().positions},
                            {"windows", reader.windows_done()},
                            {"provenance", provenance.is_discarded() ? Json(nullptr) : provenance}});
    }
    context.print(to_table(summary, places));
    if (!reader.layout().spectra) context.print("\nno singular values: this capture was made with --what ranks\n");
}

}  // namespace

void add_spectra(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("spectra",
                                       "Rank metrics of a capture: means over its windows and positions, head by head.\n"
                                       "Example: rankscope-cli spectra notes.h5 --layers 0-3 --csv ranks.csv");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("CAPTURE", o->capture, "capture file, also an unfinished .part")->required();
    command->add_option("--csv", o->csv, "also write a table: one line per layer and head");
    command->add_option("--layers", o->layers, "layers, e.g. 0,2-5 (default: all in the capture)");
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
