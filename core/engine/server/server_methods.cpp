// SPDX-License-Identifier: Apache-2.0
// The methods of the protocol and what answers each of them.
#include "core/base/error.hpp"
#include "core/engine/server/capture_job.hpp"
#include "core/engine/server/channel_jobs.hpp"
#include "core/engine/server/evaluation_jobs.hpp"
#include "core/engine/server/server.hpp"

namespace rankscope::server {

using protocol::Value;

// `answer` runs on the thread of the queries.
template <class Request, class Answer>
void Server::add_query(const std::string& name, Answer answer) {
    queries_[name] = [name, answer](const Value& params) -> std::function<Value()> {
        return [request = protocol::parse<Request>(params, name), answer] { return protocol::to_value(answer(request)); };
    };
}

// `run` runs on the thread of the jobs.
template <class Request, class Run>
void Server::add_job(const std::string& name, Run run) {
    jobs_[name] = [this, name, run](const Value& params) -> JobWork {
        return {
            [this, request = protocol::parse<Request>(params, name), run](Job& job) {
                workspace_.begin_job();
                return protocol::to_value(run(request, job));
            },
            false};
    };
}

void Server::add_methods() {
    add_query<protocol::InfoRequest>("info", [](const protocol::InfoRequest& request) { return describe_model(request.path); });
    // On the thread of the jobs (start_query): it makes the engine where there is none yet.
    add_query<protocol::DevicesRequest>("devices", [this](const protocol::DevicesRequest&) { return workspace_.devices(); });
    add_query<protocol::OpenCaptureRequest>("open_capture", [this](const auto& request) { return captures_.open(request); });
    add_query<protocol::StateRequest>("state", [this](const auto& request) { return captures_.state(request); });
    add_query<protocol::KeptEnergyRequest>("kept_energy", [this](const auto& request) { return captures_.kept_energy(request); });
    add_query<protocol::SpectrumAfterRequest>("spectrum_after",
                                              [this](const auto& request) { return captures_.spectrum_after(request); });

    add_job<protocol::OpenModelRequest>(
        "open_model", [this](const auto& request, Job& job) { return workspace_.open_model(request, job.progress()); });
    add_job<protocol::TextRequest>(
        "text", [this](const auto& request, Job& job) { return workspace_.open_text(request, job.progress()); });
    add_job<protocol::CaptureJobRequest>(
        "capture", [this](const auto& request, Job& job) { return run_capture_job(workspace_, request, job); });
    add_job<protocol::EvaluateJobRequest>(
        "evaluate", [this](const auto& request, Job& job) { return run_evaluate(workspace_, request, job); });
    add_job<protocol::SweepRequest>("sweep",
                                    [this](const auto& request, Job& job) { return run_sweep(workspace_, request, false, job); });
    add_job<protocol::SweepRequest>("layer_sweep",
                                    [this](const auto& request, Job& job) { return run_sweep(workspace_, request, true, job); });
    add_job<protocol::AttributionRequest>(
        "attribution", [this](const auto& request, Job& job) { return run_attribution(workspace_, request, job); });
    add_job<protocol::NoiseJobRequest>("noise",
                                       [this](const auto& request, Job& job) { return run_noise(workspace_, request, job); });
    add_job<protocol::BenchJobRequest>("bench",
                                       [this](const auto& request, Job& job) { return run_bench(workspace_, request, job); });
    add_job<protocol::ExportRequest>("export",
                                     [this](const auto& request, Job& job) { return run_export(workspace_, request, job); });
}

// What is at hand is answered beside a running job, unless that opens another model.
void Server::add_channel_methods() {
    const auto ready = [this](const protocol::CalibrationSource& calibration, std::uint64_t seed,
                              const std::vector<std::string>& methods) {
        std::shared_ptr<OpenModel> model = jobs_lane_.has("open_model") ? nullptr : workspace_.model_if_any();
        if (model && !Channels(model, calibration, seed).at_hand(methods)) model.reset();
        return model;
    };
    jobs_["scores"] = [this, ready](const Value& params) -> JobWork {
        auto request = protocol::parse<protocol::ScoresRequest>(params, "scores");
        const auto model = ready(request.calibration, request.seed, {request.method});
        const auto run = [this, request, model](Job& job) {
            const auto open = model ? model : workspace_.model();
            return protocol::to_value(
                run_scores(Channels(open, request.calibration, request.seed), model ? nullptr : &workspace_, request, job));
        };
        return {run, model != nullptr};
    };
    jobs_["make_plans"] = [this, ready](const Value& params) -> JobWork {
        auto request = protocol::parse<protocol::MakePlansRequest>(params, "make_plans");
        const auto model = ready(request.calibration, request.seed, methods_of(request.plans));
        const auto run = [this, request, model](Job& job) {
            const auto open = model ? model : workspace_.model();
            return protocol::to_value(run_make_plans(Channels(open, request.calibration, request.seed), *open,
                                                     model ? nullptr : &workspace_, request, job));
        };
        return {run, model != nullptr};
    };
}

}  // namespace rankscope::server
