// SPDX-License-Identifier: Apache-2.0
#include "app/cli/demo_job.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>

#include "app/cli/demo_capture.hpp"
#include "app/cli/inputs.hpp"
#include "app/cli/plan_making.hpp"
#include "core/base/error.hpp"
#include "core/base/file.hpp"

namespace rankscope::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array kMethods{"random", "l1", "s-wanda", "taylor", "energy", "drrqr", "drrqr-normalised"};
constexpr std::array kRatios{0.25, 0.5, 0.75};
constexpr double kExportedRatio = 0.5;
constexpr const char* kExportedMethod = "drrqr";
constexpr std::int64_t kCaptureEvery = 64;
// float32 rounding over a whole text is far below this, a wrong channel far above.
constexpr double kReadBackTolerance = 1e-3;

// Where the job writes: beside the asked name until everything is done, or a temporary place.
class WorkFolder {
public:
    WorkFolder(const fs::path& output, bool force) {
        if (!output.empty()) {
            refuse_other_folder(output, force);
            kept_.emplace(output, force);
            return;
        }
        std::string name = (fs::temp_directory_path() / "rankscope-demo-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw_resource("cannot make a temporary folder: " + printable(name, 400));
        temporary_ = name;
    }

    ~WorkFolder() {
        std::error_code ignored;
        if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
    }

    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;

    [[nodiscard]] const fs::path& path() const { return kept_ ? kept_->temporary() : temporary_; }

    [[nodiscard]] bool kept() const { return kept_.has_value(); }

    void commit() {
        if (kept_) kept_->commit();
    }

private:
    // --force replaces the results of an earlier demo, never a folder that happens to carry the name.
    static void refuse_other_folder(const fs::path& output, bool force) {
        std::error_code code;
        if (!force || !fs::exists(output, code) || (fs::is_directory(output, code) && fs::is_empty(output, code))) return;
        if (fs::exists(output / "capture.h5", code) && fs::exists(output / "plans", code)) return;
        throw_usage("bad output: " + printable(output.string(), 400) + ": exists and is no demo's", "give another name; --force replaces an earlier demo only");
    }

    std::optional<AtomicFolder> kept_;
    fs::path temporary_;
};

std::string share_name(double ratio) {
    return fmt::format("{:.0f}", 100 * ratio);
}

void choose(const Context& context, const ModelFolder& folder, std::unique_ptr<Engine>& engine, DemoResult& result) {
    TextOptions text;
    text.text = result.model.calibration.string();
    text.window = result.model.window;
    const TokenWindows calibration = read_windows(context, folder, text, std::nullopt, CalibrationOptions{}.tokens, false);
    std::vector<PlanRequest> requests;
    for (const double ratio : kRatios) {
        for (const char* method : kMethods) {
            PlanOptions options;
            options.method = method;
            options.ratio = ratio;
            requests.push_back(plan_request(context, folder, options));
            result.plans.push_back({method, ratio, {}});
        }
    }
    std::vector<PlanResult> made = make_plans(context, folder, requests, calibration, engine);
    for (std::size_t i = 0; i < made.size(); ++i) result.plans[i].made = std::move(made[i]);
}

void write_plans(const DemoResult& result, const fs::path& folder) {
    fs::create_directory(folder);
    for (const DemoPlan& plan : result.plans) {
        write_text_file(folder / (plan.method + "-" + share_name(plan.ratio) + ".json"), to_json(plan.made.plan));
    }
}

const DemoPlan& plan_of(const DemoResult& result, const std::string& method, double ratio) {
    return *std::find_if(result.plans.begin(), result.plans.end(), [&](const DemoPlan& plan) { return plan.method == method && plan.ratio == ratio; });
}

void measure_speed(const Context& context, Engine& engine, DemoResult& result) {
    BenchRequest request;
    for (const double ratio : kRatios) request.plans.push_back({share_name(ratio), plan_of(result, kExportedMethod, ratio).made.plan});
    request.lengths = {result.model.window};
    request.repeats = 5;
    request.decode_tokens = 32;
    request.seed = context.options.seed;
    result.speeds.push_back({0, 0, 0});
    for (const double ratio : kRatios) result.speeds.push_back({ratio, 0, 0});
    for (const BenchRun& run : engine.bench(request, context.progress("timing")).runs) {
        for (WidthSpeed& speed : result.speeds) {
            if (run.plan != (speed.ratio == 0 ? "" : share_name(speed.ratio))) continue;
            (run.kind == "decode" ? speed.decode : speed.prefill) = run.tokens_per_second;
        }
    }
}

// The exported folder is opened as any other model and has to score what the plan scored.
void export_and_read_back(const Context& context, const ModelFolder& folder, const TokenWindows& windows, const fs::path& path, Engine& engine,
                          DemoResult& result) {
    const DemoPlan& plan = plan_of(result, kExportedMethod, kExportedRatio);
    result.exported_plan = static_cast<std::size_t>(&plan - result.plans.data());
    result.exported = export_model(folder, plan.made.plan, path, ExportLayout::Auto, false, context.progress("exporting"));
    engine.open(ModelFolder::open(path), context.options.placement(), context.progress("loading the export"));
    EvaluateRequest request;
    request.windows = windows;
    result.exported_nll = engine.evaluate(request, context.progress("reading back")).baseline.nll;
    const double expected = result.evaluation.plans[result.exported_plan].value.nll;
    if (result.provenance.dtype == "float32" && !(std::abs(result.exported_nll - expected) <= kReadBackTolerance)) {
        throw Error(ErrorKind::Internal, fmt::format("the exported folder scores {} nats per token, expected {}", result.exported_nll, expected));
    }
}

}  // namespace

const WidthSpeed& DemoResult::speed(double ratio) const {
    return *std::find_if(speeds.begin(), speeds.end(), [ratio](const WidthSpeed& speed) { return speed.ratio == ratio; });
}

DemoResult run_demo(const Context& context, const DemoModel& model, const fs::path& output) {
    const auto start = std::chrono::steady_clock::now();
    DemoResult result;
    result.model = model;
    const ModelFolder folder = open_folder(context, model.folder.string());
    result.config = folder.config();
    result.parameters = folder.parameters();
    TextOptions text;
    text.text = model.evaluation.string();
    text.window = model.window;
    const TokenWindows windows = read_windows(context, folder, text, std::nullopt, std::nullopt, false);
    WorkFolder work(output, context.options.force);
    std::unique_ptr<Engine> engine = open_engine(context, folder);
    result.provenance = make_provenance(context, folder, engine->model(), windows);

    result.spectra = capture_spectra(context, folder, windows, kCaptureEvery, work.path() / "capture.h5", *engine, result.capture_bytes);
    choose(context, folder, engine, result);
    write_plans(result, work.path() / "plans");
    EvaluateRequest request;
    request.windows = windows;
    for (const DemoPlan& plan : result.plans) request.plans.push_back({plan_name(plan.method, plan.ratio), plan.made.plan});
    result.evaluation = engine->evaluate(request, context.progress("evaluating"));
    measure_speed(context, *engine, result);
    export_and_read_back(context, folder, windows, work.path() / "exported", *engine, result);
    work.commit();
    if (work.kept()) {
        result.capture_path = (output / "capture.h5").string();
        result.exported.path = output / "exported";
    } else {
        result.exported.path.clear();
    }
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

}  // namespace rankscope::cli
