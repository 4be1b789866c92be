// SPDX-License-Identifier: Apache-2.0
#include "app/cli/demo_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "app/cli/demo_capture.hpp"
#include "app/cli/demo_grid.hpp"
#include "app/cli/demo_story.hpp"
#include "app/cli/inputs.hpp"
#include "app/cli/plan_making.hpp"
#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/checkpoint/model_info.hpp"
#include "core/session/session_file.hpp"
#include "core/session/session_paths.hpp"
#include "core/text/tokenizer.hpp"

namespace rankscope::cli {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kMethods{"random", "l1", "s-wanda", "taylor", "energy", "drrqr", "drrqr-normalised"};
constexpr std::array kRatios{0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875};
constexpr const char* kMainMethod = "drrqr";
constexpr const char* kSimpleMethod = "energy";
constexpr double kMainRatio = 0.5;
constexpr const char* kMixedId = "mixed";
const std::vector<double> kNoiseLevels{0.01, 0.03, 0.1, 0.3};
constexpr int kRepeats = 9;
constexpr std::int64_t kDecodeTokens = 64;
// Of the capture beside the session; three sessions ship with the program.
constexpr std::int64_t kCaptureBytes = 2'700'000;

std::string now_utc() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

MeasuredQuality quality_of(const Perplexity& value, const EvaluateResult& result) {
    MeasuredQuality q;
    q.windows = q.windows_total = result.windows;
    q.tokens = result.tokens;
    q.nll = value.nll;
    q.perplexity = value.perplexity;
    q.perplexity_se = value.perplexity_se;
    if (value.answers) {
        q.answers = value.answers->n;
        q.accuracy = value.answers->accuracy;
        q.accuracy_se = value.answers->se;
    }
    return q;
}

MeasuredQuality quality_of(const PlanEvaluation& plan, const EvaluateResult& result) {
    MeasuredQuality q = quality_of(plan.value, result);
    q.delta_nll = plan.delta_nll;
    q.delta_nll_se = plan.delta_nll_se;
    return q;
}

class SessionMaker {
public:
    SessionMaker(const Context& context, const DemoModel& model, const fs::path& output)
        : context_(context),
          model_(model),
          path_(fs::absolute(output).lexically_normal()),
          folder_(open_folder(context, model.folder.string())),
          windows_(text_windows(model.evaluation, std::nullopt)),
          calibration_(text_windows(model.calibration, CalibrationOptions{}.tokens)),
          engine_(open_engine(context, folder_)),
          grid_(context, folder_.config(), folder_.hash()) {}

    DemoSessionResult make(const fs::path& capture) {
        describe();
        score();
        measure_uniform_and_layers();
        measure_mixed();
        measure_speed();
        measure_noise();
        choose_view();
        session_.captures = {capture};
        DemoSessionResult result;
        result.capture_bytes = write_capture(capture);
        result.session = std::move(session_);
        return result;
    }

private:
    [[nodiscard]] TokenWindows text_windows(const fs::path& text, std::optional<std::int64_t> tokens) const {
        TextOptions options;
        options.text = text.string();
        options.window = model_.window;
        return read_windows(context_, folder_, options, std::nullopt, tokens, false);
    }

    // In the session's tree by its relative name, elsewhere by its last: nothing about this machine.
    [[nodiscard]] std::string public_name(const fs::path& path) const {
        const std::string relative = session::written_path(path, path_.parent_path());
        return fs::path(relative).is_absolute() ? path.filename().string() : relative;
    }

    [[nodiscard]] Provenance provenance(const TokenWindows& windows) const {
        Provenance p = make_provenance(context_, folder_, engine_->model(), windows);
        p.model_path = public_name(folder_.path());
        p.command = fmt::format("rankscope-cli demo --run {} --session {}", model_.name, path_.filename().string());
        return p;
    }

    void describe() {
        const auto tokenizer = Tokenizer::open(folder_.path(), folder_.config().vocab_size);
        const ModelConfig& config = folder_.config();
        session_.model = {folder_.path(), folder_.hash(), name_of(config.family), config.json,
                          fmt::format("{} ({} tokens)", tokenizer->kind(), tokenizer->vocab_size()), rankscope::describe(folder_).dtype,
                          folder_.parameters()};
        session_.text = SessionText{model_.evaluation, windows_.text_hash, model_.window, std::ssize(windows_.rows), windows_.tokens(),
                                    windows_.scored_tokens(), !windows_.answers.empty()};
        session_.calibration = model_.calibration;
        session_.calibration_tokens = calibration_.tokens();
        session_.seed = context_.options.seed;
        session_.device = engine_->model().device();
        session_.compute_dtype = engine_->model().dtype();
        nlohmann::ordered_json made = to_json(provenance(windows_));
        made["tokenizer"] = session_.model.tokenizer;
        made["calibration_hash"] = calibration_.text_hash;
        made["created"] = now_utc();
        session_.provenance = made.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    }

    void score() {
        for (const std::string& method : kMethods) {
            session_.scores.push_back({method, engine_->scores(method, calibration_, context_.options.seed, context_.progress("scoring channels"))});
        }
    }

    std::vector<Plan> plans_of(const std::vector<PlanRequest>& requests) {
        std::vector<Plan> plans;
        for (PlanResult& result : make_plans(context_, folder_, requests, calibration_, engine_)) plans.push_back(std::move(result.plan));
        return plans;
    }

    EvaluateResult evaluate(const std::vector<Plan>& plans, const std::string& title) {
        EvaluateRequest request;
        request.windows = windows_;
        for (const Plan& plan : plans) request.plans.push_back({"", plan});
        return engine_->evaluate(request, context_.progress(title));
    }

    void add_point(const DemoVariant& variant, Plan plan, const PlanEvaluation& found, const EvaluateResult& result, bool uniform) {
        SessionPoint point;
        point.id = variant.id;
        point.choice = variant.choice;
        point.plan = std::move(plan);
        point.state_bytes = found.state_bytes;
        point.parameters = found.parameters;
        point.quality = quality_of(found, result);
        point.uniform = uniform;
        session_.points.push_back(std::move(point));
    }

    void measure_uniform_and_layers() {
        std::vector<DemoVariant> uniform;
        std::vector<PlanRequest> requests;
        for (const std::string& method : kMethods) {
            for (const double ratio : kRatios) uniform.push_back(grid_.uniform(method, ratio));
        }
        const std::vector<DemoLayerVariant> alone = grid_.layers_alone(kMethods);
        for (const DemoVariant& variant : uniform) requests.push_back(variant.request);
        for (const DemoLayerVariant& variant : alone) requests.push_back(variant.request);
        std::vector<Plan> plans = plans_of(requests);
        const EvaluateResult result = evaluate(plans, "sweeping");
        session_.full = quality_of(result.baseline, result);
        for (std::size_t i = 0; i < uniform.size(); ++i) add_point(uniform[i], std::move(plans[i]), result.plans[i], result, true);
        for (std::size_t i = 0; i < alone.size(); ++i) {
            const PlanEvaluation& found = result.plans[uniform.size() + i];
            session_.layer_sweep.push_back({alone[i].layer, alone[i].method, alone[i].kept, found.delta_nll, found.delta_nll_se});
        }
    }

    [[nodiscard]] const SessionPoint& main_point() const { return point(grid_.uniform(kMainMethod, kMainRatio).id); }

    [[nodiscard]] const SessionPoint& point(const std::string& id) const {
        return *std::find_if(session_.points.begin(), session_.points.end(), [&](const SessionPoint& p) { return p.id == id; });
    }

    void measure_mixed() {
        const auto variant = grid_.from_layer_sweep(kMixedId, kMainMethod, session_.layer_sweep, main_point().state_bytes);
        if (!variant || variant->choice.layers.size() < 2) return;
        std::vector<Plan> plans = plans_of({variant->request});
        const EvaluateResult result = evaluate(plans, "evaluating");
        add_point(*variant, std::move(plans.front()), result.plans.front(), result, false);
        has_mixed_ = true;
    }

    // Speed does not depend on which channels stay: one plan for each list of widths is timed.
    void measure_speed() {
        const auto widths = [&](const SessionPoint& p) { return kept_widths(p.plan, folder_.config()); };
        BenchRequest request;
        for (const SessionPoint& p : session_.points) {
            if (p.choice.layers.front().method == kMainMethod || !p.uniform) request.plans.push_back({p.id, p.plan});
        }
        request.lengths = {model_.window};
        request.repeats = kRepeats;
        request.decode_tokens = kDecodeTokens;
        request.seed = context_.options.seed;
        const BenchResult result = engine_->bench(request, context_.progress("timing"));
        const std::string measured = now_utc();
        const auto speed_of = [&](const std::string& id) {
            MeasuredSpeed s;
            s.length = model_.window;
            s.batch = request.batch;
            s.device = result.device;
            s.implementation = result.implementation;
            s.measured = measured;
            for (const BenchRun& run : result.runs) {
                if (run.plan != id) continue;
                (run.kind == "decode" ? s.decode : s.prefill) = run.tokens_per_second;
                (run.kind == "decode" ? s.decode_mad : s.prefill_mad) = run.mad_ms / run.median_ms;
            }
            return s;
        };
        session_.full_speed = speed_of("");
        for (const PlanFile& timed : request.plans) {
            const MeasuredSpeed speed = speed_of(timed.path);
            const auto same = kept_widths(timed.plan, folder_.config());
            for (SessionPoint& p : session_.points) {
                if (p.speed || widths(p) != same) continue;
                p.speed = speed;
                p.speed->same_width = p.id != timed.path;
            }
        }
    }

    void measure_noise() {
        NoiseRequest request;
        request.windows = windows_;
        request.plans = {{main_point().id, main_point().plan}};
        request.levels = kNoiseLevels;
        request.seed = context_.options.seed;
        const NoiseResult result = engine_->noise(request, context_.progress("adding noise"));
        session_.noise.emplace();
        for (const HeadAmplification& h : result.heads) {
            session_.noise->heads.push_back({h.layer, h.head, h.amplification, h.amplification_worst, h.rank_stable});
        }
        for (const NoisePoint& p : result.levels) session_.noise->levels.push_back({p.level, p.plan, p.perplexity, p.delta_nll, p.delta_nll_se});
    }

    void choose_view() {
        session_.current = main_point().choice;
        session_.history = {{"Open demo session", now_utc(), session_.current}};
        const StoryPoints ids{main_point().id, grid_.uniform("random", kMainRatio).id, grid_.uniform(kSimpleMethod, kMainRatio).id,
                              has_mixed_ ? kMixedId : ""};
        session_.pin_a = ids.main;
        session_.pin_b = has_mixed_ ? kMixedId : ids.random;
        session_.story = tell_story(session_, ids);
    }

    std::int64_t write_capture(const fs::path& path) {
        try {
            return capture_within(context_, folder_, windows_, kCaptureBytes, provenance(windows_), path, *engine_);
        } catch (...) {
            // Nobody goes on from it: the numbers before it would have to be measured again.
            std::error_code ignored;
            fs::remove(path.string() + ".part", ignored);
            throw;
        }
    }

    const Context& context_;
    const DemoModel& model_;
    fs::path path_;
    ModelFolder folder_;
    TokenWindows windows_, calibration_;
    std::unique_ptr<Engine> engine_;
    DemoGrid grid_;
    SavedSession session_;
    bool has_mixed_ = false;
};

}  // namespace

fs::path demo_session_path(const DemoModel& model) {
    return (model.folder / "../../sessions" / (model.name + ".rankscope")).lexically_normal();
}

DemoSessionResult make_demo_session(const Context& context, const DemoModel& model, const fs::path& output) {
    const auto start = std::chrono::steady_clock::now();
    if (output.extension() != ".rankscope") {
        throw_usage("bad output: " + printable(output.string(), 400) + ": expected a name that ends in .rankscope");
    }
    const fs::path path = fs::absolute(output).lexically_normal();
    fs::path capture = path;
    capture.replace_extension(".h5");
    for (const fs::path& file : {path, capture}) refuse_existing(file, context.options.force);
    DemoSessionResult result = SessionMaker(context, model, path).make(capture);
    write_session(result.session, path);
    result.path = path;
    result.capture = capture;
    result.bytes = static_cast<std::int64_t>(fs::file_size(path));
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

}  // namespace rankscope::cli
