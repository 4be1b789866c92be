// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/channel_jobs.hpp"

#include "core/base/error.hpp"
#include "core/pruning/choose_channels.hpp"
#include "core/pruning/export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace rankscope::server {
namespace {

namespace fs = std::filesystem;

// A file that has changed is another one.
std::string file_key(const protocol::CalibrationSource& source) {
    const std::string& path = source.text.empty() ? source.ids : source.text;
    if (path.empty()) return {};
    std::error_code code;
    const auto size = fs::file_size(path, code);
    const auto written = fs::last_write_time(path, code).time_since_epoch().count();
    return fmt::format("{}\n{}\n{}\n{}\n{}", source.text, source.ids, source.tokens, size, written);
}

}  // namespace

Channels::Channels(std::shared_ptr<OpenModel> model, protocol::CalibrationSource calibration, std::uint64_t seed)
    : model_(std::move(model)), calibration_(std::move(calibration)), seed_(seed), key_{file_key(calibration_), seed} {}

bool Channels::at_hand(const std::vector<std::string>& methods) const {
    return std::all_of(methods.begin(), methods.end(), [&](const std::string& name) {
        const Method& method = method_named(name);
        return !method.needs.data() || model_->memory.statistics(key_, method.needs);
    });
}

void Channels::collect(const std::vector<std::string>& methods, Workspace* workspace, const Progress& progress) {
    ChannelNeeds missing;
    for (const std::string& name : methods) {
        const Method& method = method_named(name);
        if (!method.needs.data()) continue;
        if (key_.file.empty()) throw MissingCalibration(name);
        if (auto known = model_->memory.statistics(key_, method.needs)) {
            held_.push_back(std::move(known));
        } else {
            missing |= method.needs;
        }
    }
    if (!missing.data()) return;
    if (workspace == nullptr) throw Error(ErrorKind::Internal, "statistics are not at hand");
    protocol::TextSource source;
    source.text = calibration_.text;
    source.ids = calibration_.ids;
    source.max_tokens = calibration_.tokens;
    const TokenWindows windows = read_source(*model_, source, false, progress);
    const std::vector<ChannelNeeds> needs(model_->folder.config().layers.size(), missing);
    auto made = std::make_shared<CalibratedStatistics>(CalibratedStatistics{
        workspace->engine().statistics(needs, windows, seed_, progress), missing, windows.text_hash, windows.tokens()});
    model_->memory.remember(key_, made);
    held_.push_back(std::move(made));
}

const CalibratedStatistics* Channels::data_for(const Method& method) const {
    if (!method.needs.data()) return nullptr;
    for (const auto& statistics : held_) {
        ChannelNeeds all = statistics->needs;
        all |= method.needs;
        if (all == statistics->needs) return statistics.get();
    }
    throw Error(ErrorKind::Internal, "statistics were not collected");
}

std::shared_ptr<const ModelScores> Channels::scores(const std::string& name, const Progress& progress) {
    const Method& method = method_named(name);
    if (auto known = model_->memory.scores(key_, name)) return known;
    const auto& layers = model_->folder.config().layers;
    const CalibratedStatistics* data = data_for(method);
    auto scores = std::make_shared<ModelScores>(layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l) {
        progress.update({static_cast<double>(l), static_cast<double>(layers.size()), "layers", -1, "scoring channels"});
        if (layers[l].prunable()) {
            (*scores)[l] = score_channels(model_->folder, static_cast<std::int64_t>(l), method,
                                          data != nullptr ? &data->statistics : nullptr, seed_);
        }
    }
    model_->memory.remember(key_, name, scores);
    return scores;
}

PlanResult Channels::layer_plan(const protocol::LayerInstruction& instruction, ScaleRule scale) {
    const Method& method = method_named(instruction.method);
    const CalibratedStatistics* data = data_for(method);
    PlanRequest request;
    request.layers.resize(model_->folder.config().layers.size());
    request.layers[static_cast<std::size_t>(instruction.index)] =
        LayerRequest{instruction.method, instruction.ratio, instruction.keep};
    request.seed = seed_;
    request.scale = scale;
    request.model_hash = model_->hash;
    if (data == nullptr) return make_plan(model_->folder, request, nullptr);
    const Calibration calibration{&data->statistics, data->text_hash, data->tokens};
    return make_plan(model_->folder, request, &calibration);
}

PlanResult Channels::plan(const protocol::PlanInstruction& instruction, const Progress& progress) {
    const auto scale = scale_rule_named(instruction.scale);
    if (!scale) throw_usage("unknown scale: found '" + printable(instruction.scale) + "', expected widest, kept or original");
    const auto count = std::ssize(model_->folder.config().layers);
    std::vector<protocol::LayerInstruction> layers = instruction.layers;
    std::sort(layers.begin(), layers.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].index < 0 || layers[i].index >= count)
            throw_usage(fmt::format("bad layer: found {}, expected 0 to {}", layers[i].index, count - 1));
        if (i > 0 && layers[i].index == layers[i - 1].index)
            throw_usage(fmt::format("bad layer: found {} twice, expected it once", layers[i].index));
    }
    // Layer by layer: a method for each, and a look at the stop in between.
    PlanRequest none;
    none.seed = seed_;
    none.scale = *scale;
    none.model_hash = model_->hash;
    PlanResult out = make_plan(model_->folder, none, nullptr);
    for (const protocol::LayerInstruction& layer : layers) {
        progress.check();
        const std::string width =
            fmt::format("{} {} {} {}", layer.index, layer.method, layer.ratio.value_or(-1), layer.keep.value_or(-1));
        auto made = model_->memory.choice(key_, width);
        if (!made) {
            made = std::make_shared<PlanResult>(layer_plan(layer, *scale));
            model_->memory.remember(key_, width, made);
        }
        out.plan.layers.insert(out.plan.layers.end(), made->plan.layers.begin(), made->plan.layers.end());
        out.notes.insert(out.notes.end(), made->notes.begin(), made->notes.end());
        if (made->plan.calibration_hash.empty()) continue;
        out.plan.calibration_hash = made->plan.calibration_hash;
        out.plan.calibration_tokens = made->plan.calibration_tokens;
    }
    return out;
}

protocol::ProvenanceData Channels::provenance(const std::string& method) const {
    protocol::ProvenanceData out;
    static_cast<Provenance&>(out) = model_->provenance;
    out.command = "rankscope-cli serve: " + method;
    out.seed = seed_;
    if (held_.empty()) return out;
    out.text_hash = held_.back()->text_hash;
    out.tokens = held_.back()->tokens;
    return out;
}

std::vector<std::string> methods_of(const std::vector<protocol::PlanInstruction>& plans) {
    std::set<std::string> names;
    for (const auto& plan : plans) {
        for (const auto& layer : plan.layers)
            names.insert(layer.method);
    }
    return {names.begin(), names.end()};
}

protocol::ScoresResult run_scores(Channels channels, Workspace* workspace, const protocol::ScoresRequest& request, Job& job) {
    channels.collect({request.method}, workspace, job.progress());
    const auto scores = channels.scores(request.method, job.progress());
    protocol::ScoresResult out;
    out.method = request.method;
    for (std::size_t l = 0; l < scores->size(); ++l) {
        if ((*scores)[l].empty()) continue;
        protocol::LayerScores& layer = out.layers.emplace_back();
        layer.index = static_cast<std::int64_t>(l);
        for (const HeadScores& head : (*scores)[l])
            layer.heads.push_back({head.scores, head.order});
    }
    out.provenance = channels.provenance(job.method());
    return out;
}

protocol::MakePlansResult run_make_plans(Channels channels, const OpenModel& model, Workspace* workspace,
                                         const protocol::MakePlansRequest& request, Job& job) {
    channels.collect(methods_of(request.plans), workspace, job.progress());
    protocol::MakePlansResult out;
    for (const protocol::PlanInstruction& instruction : request.plans) {
        PlanResult made = channels.plan(instruction, job.progress());
        const ModelConfig& config = model.folder.config();
        out.plans.push_back({to_json(made.plan), std::move(made.notes), state_bytes(made.plan, config),
                             model.folder.parameters() - removed_parameters(made.plan, config)});
        job.progress().update(
            {static_cast<double>(out.plans.size()), static_cast<double>(request.plans.size()), "plans", -1, "choosing channels"});
    }
    out.provenance = channels.provenance(job.method());
    return out;
}

protocol::ExportJobResult run_export(Workspace& workspace, const protocol::ExportRequest& request, Job& job) {
    const auto model = workspace.model();
    const PlanFile plan = workspace.plan(request.plan, {});
    const auto layout = export_layout_named(request.layout);
    if (!layout) throw_usage("unknown layout: found '" + printable(request.layout) + "', expected auto, uniform or padded");
    if (request.output.empty()) throw_usage("bad output: found no name, expected a folder");
    const ExportResult r = export_model(model->folder, plan.plan, request.output, *layout, request.force, job.progress());
    return {r.path.string(), name_of(r.layout), r.parameters, r.bytes,
            workspace.provenance(job.method(), std::nullopt, plan.plan.seed)};
}

}  // namespace rankscope::server
