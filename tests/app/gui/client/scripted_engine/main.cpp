// SPDX-License-Identifier: Apache-2.0
// An engine that computes nothing: it speaks the protocol, makes up numbers by simple formulas, and
// misbehaves where its script (a JSON file that RANKSCOPE_TEST_SCRIPT names) says so:
//   log         file that every request is appended to, "method detail"
//   noise       printed before the greeting
//   greeting    instead of "RANKSCOPE 1"; empty: none at all
//   protocol    version that hello answers
//   steps, step_ms   of every job: progress and a partial after each
//   fail        {method: {message, hint, cause}}: these jobs fail
//   devices     {cuda: [name], no_cuda, cause}: what the machine has beside its CPU; cause: the question fails with it
//   hash        of every model; otherwise the text of the file `hash` in its folder
//   text_hash   of every text
//   trouble     {method, step, what, code, log, once}: what = kill, exit, malformed, oversized, cut,
//   nonsense, foreign, stop;
//               once: a file that is made then, and that prevents it from then on
#include "core/checkpoint/model_config.hpp"
#include "core/protocol/cbor.hpp"
#include "core/protocol/frame.hpp"
#include "core/protocol/message.hpp"
#include "core/protocol/methods.hpp"
#include "core/pruning/plan.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <optional>

namespace {

using namespace rankscope;
using nlohmann::json;
using protocol::Message;
using protocol::Value;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kWindows = 40;

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const void* data, std::size_t size) {
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t written = ::write(STDOUT_FILENO, at, size);
        if (written < 0) std::exit(0);  // the window is gone
        at += written;
        size -= static_cast<std::size_t>(written);
    }
}

void send(const Message& message) {
    const auto bytes = protocol::encode(message);
    write_bytes(bytes.data(), bytes.size());
}

template <class T>
void notify(const char* method, const T& parameters) {
    send(protocol::notification(method, protocol::to_value(parameters)));
}

struct Job {
    std::int64_t id = 0;
    std::string method;
    Value parameters;
    std::int64_t step = 0;
};

class Engine {
public:
    Engine(json script, std::vector<std::string> arguments)
        : script_(std::move(script)), arguments_(std::move(arguments)) {}

    int run();

private:
    void handle(const Message& message);
    Value result_of(const Job& job);
    void partial_of(const Job& job);
    void step();
    void misbehave(const std::string& method, std::int64_t step);
    void log(const std::string& line) const;
    void end(std::deque<Job>::iterator job, const char* reason);

    std::int64_t steps() const { return script_.value("steps", std::int64_t{3}); }

    Plan parsed(const std::string& text) const { return parse_plan(text, "request"); }

    protocol::EvaluationData evaluation(const std::string& plan, std::int64_t windows) const;
    Plan made(const std::string& method, std::int64_t layer, std::int64_t kept) const;
    std::vector<protocol::SweepPoint> points(const Job& job) const;

    json script_;
    std::vector<std::string> arguments_;
    std::deque<Job> jobs_;
    std::int64_t next_ = 1;
    Clock::time_point due_;
    ModelConfig config_;
    std::string hash_, path_;
};

void Engine::log(const std::string& line) const {
    if (script_.contains("log"))
        std::ofstream(script_["log"].get<std::string>(), std::ios::app) << line << '\n';
}

void Engine::misbehave(const std::string& method, std::int64_t step) {
    const json trouble = script_.value("trouble", json());
    if (!trouble.is_object() || trouble.value("method", "") != method
        || trouble.value("step", std::int64_t{0}) != step)
        return;
    const std::string once = trouble.value("once", "");
    if (!once.empty()) {
        if (::access(once.c_str(), F_OK) == 0) return;
        std::ofstream(once) << "x";
    }
    std::fputs(trouble.value("log", "").c_str(), stderr);
    std::fflush(stderr);
    const std::string what = trouble.value("what", "");
    if (what == "kill") ::raise(SIGKILL);
    if (what == "exit") std::exit(trouble.value("code", 1));
    if (what == "stop") ::pause();
    if (what == "malformed") {
        const auto bytes = protocol::framed({0xff, 0xff, 0xff});
        write_bytes(bytes.data(), bytes.size());
    } else if (what == "oversized") {
        const std::uint8_t length[] = {0xff, 0xff, 0xff, 0xff};
        write_bytes(length, sizeof length);
    } else if (what == "cut") {
        const std::uint8_t part[] = {100, 0, 0, 0, 1, 2, 3};
        write_bytes(part, sizeof part);
        std::exit(0);
    } else if (what == "nonsense") {
        send(protocol::notification("partial", Value::Object{{"job", "seven"}}));
    } else if (what == "foreign") {
        send(protocol::result(999999, Value()));
    }
}

// Δnll of a plan: a hundredth per channel removed from a head, on every window.
protocol::EvaluationData Engine::evaluation(const std::string& plan, std::int64_t windows) const {
    protocol::EvaluationData out;
    out.windows = windows;
    out.windows_total = kWindows;
    out.tokens = windows * 511;
    double delta = 0;
    if (!plan.empty()) {
        for (const PlanLayer& layer : parsed(plan).layers)
            delta += 0.01 * static_cast<double>(layer.key_dim - layer.kept_dim());
        out.delta_nll = delta;
        out.delta_nll_se = 0.1 * delta / static_cast<double>(windows);
    }
    out.nll = 3 + delta;
    out.perplexity = 20 * (1 + delta);
    return out;
}

Plan Engine::made(const std::string& method, std::int64_t index, std::int64_t kept) const {
    Plan plan;
    plan.model_hash = hash_;
    plan.model_family = name_of(config_.family);
    for (std::size_t i = 0; i < config_.layers.size(); ++i) {
        const LayerConfig& layer = config_.layers[i];
        if (!layer.prunable() || (index >= 0 && index != static_cast<std::int64_t>(i))) continue;
        PlanLayer out{static_cast<std::int64_t>(i), method, 0, layer.key_dim, {}};
        std::vector<std::int32_t> keep;
        // The last ones: nothing that an order of rising channels would give.
        for (std::int64_t c = layer.key_dim - kept; c < layer.key_dim; ++c)
            keep.push_back(static_cast<std::int32_t>(c));
        out.keep.assign(static_cast<std::size_t>(layer.key_heads), keep);
        plan.layers.push_back(out);
    }
    return plan;
}

std::vector<protocol::SweepPoint> Engine::points(const Job& job) const {
    const auto request = protocol::parse<protocol::SweepRequest>(job.parameters, job.method);
    std::vector<protocol::SweepPoint> points;
    const std::int64_t layers = job.method == "layer_sweep" ? std::ssize(config_.layers) : 1;
    for (const std::string& method : request.methods) {
        for (const double ratio : request.ratios) {
            for (std::int64_t layer = 0; layer < layers; ++layer) {
                const std::int64_t index = job.method == "layer_sweep" ? layer : -1;
                if (index >= 0 && !config_.layers[static_cast<std::size_t>(index)].prunable()) continue;
                const std::int64_t kept = kept_width(config_.layers[0].key_dim, ratio);
                const std::string plan = to_json(made(method, index, kept));
                points.push_back({method, ratio, index, kept, plan, evaluation(plan, kWindows)});
            }
        }
    }
    return points;
}

void Engine::partial_of(const Job& job) {
    const std::int64_t windows = std::max<std::int64_t>(1, kWindows * job.step / (steps() + 1));
    if (job.method == "evaluate") {
        const auto request = protocol::parse<protocol::EvaluateJobRequest>(job.parameters, job.method);
        protocol::EvaluatePartial partial{
            job.id, request.plans.empty() ? -1 : 0, {}, evaluation({}, windows)};
        partial.value = request.plans.empty() ? partial.baseline : evaluation(request.plans[0].plan, windows);
        notify("partial", partial);
    } else if (job.method == "sweep" || job.method == "layer_sweep") {
        const auto all = points(job);
        if (job.step <= std::ssize(all)) {
            notify("partial",
                   protocol::SweepPartial{
                       job.id, {all[static_cast<std::size_t>(job.step - 1)]}, evaluation({}, kWindows)});
        }
    } else if (job.method == "attribution") {
        notify("partial", protocol::AttributionPartial{job.id, {{job.step - 1, 0.01, {}}}});
    }
}

Value Engine::result_of(const Job& job) {
    using namespace protocol;
    const Value& in = job.parameters;
    const auto filled = [&](auto result) {
        result.provenance.device = "cpu";
        result.provenance.threads = 2;
        return to_value(result);
    };
    if (job.method == "open_model") {
        path_ = parse<OpenModelRequest>(in, job.method).path;
        ModelResult out;
        out.path = path_;
        out.config = text_of(path_ + "/config.json");
        config_ = parse_model_config(out.config, path_ + "/config.json");
        hash_ = out.hash = script_.value("hash", text_of(path_ + "/hash"));
        out.family = name_of(config_.family);
        out.dtype = "bfloat16";
        out.parameters = 1000000;
        return filled(out);
    }
    if (job.method == "text") {
        const auto request = parse<TextRequest>(in, job.method);
        TextResult out;
        out.path = request.text;
        out.text_hash = script_.value("text_hash", "text-hash");
        out.windows.assign(kWindows, {{1}, {7}});
        out.tokens = kWindows * request.window;
        return to_value(out);
    }
    if (job.method == "evaluate") {
        EvaluateJobResult out;
        out.baseline = evaluation({}, kWindows);
        for (const NamedPlan& plan : parse<EvaluateJobRequest>(in, job.method).plans)
            out.plans.push_back(evaluation(plan.plan, kWindows));
        return filled(out);
    }
    if (job.method == "scores") {
        ScoresResult out;
        out.method = parse<ScoresRequest>(in, job.method).method;
        for (std::size_t l = 0; l < config_.layers.size(); ++l) {
            const LayerConfig& layer = config_.layers[l];
            if (!layer.prunable()) continue;
            HeadScoresData head;
            for (std::int64_t c = 0; c < layer.key_dim; ++c) {
                head.order.push_back(static_cast<std::int32_t>(c));
                head.scores.push_back(static_cast<double>(layer.key_dim - c));
            }
            out.layers.push_back(
                {static_cast<std::int64_t>(l), std::vector(static_cast<std::size_t>(layer.key_heads), head)});
        }
        return filled(out);
    }
    if (job.method == "make_plans") {
        MakePlansResult out;
        for (const PlanInstruction& instruction : parse<MakePlansRequest>(in, job.method).plans) {
            Plan plan;
            for (const LayerInstruction& layer : instruction.layers) {
                Plan one = made(layer.method, layer.index, *layer.keep);
                one.layers.insert(one.layers.begin(), plan.layers.begin(), plan.layers.end());
                plan = one;
            }
            out.plans.push_back({to_json(plan), {}, 0, 0});
        }
        return filled(out);
    }
    if (job.method == "sweep" || job.method == "layer_sweep") {
        SweepResult out;
        out.baseline = evaluation({}, kWindows);
        out.points = points(job);
        return filled(out);
    }
    if (job.method == "bench") {
        const auto request = parse<BenchJobRequest>(in, job.method);
        BenchJobResult out;
        out.device = "cpu";
        std::vector<std::string> names{""};
        for (const NamedPlan& plan : request.plans)
            names.push_back(plan.name);
        for (std::size_t i = 0; i < names.size(); ++i) {
            for (const std::int64_t length : request.lengths) {
                const auto speed = static_cast<double>(length + static_cast<std::int64_t>(i));
                out.runs.push_back({names[i], "prefill", length, request.batch, speed, 10, 9, 1, 5});
            }
            // As the engine does: written once, whatever was read; its length is that of what was written.
            const auto speed = static_cast<double>(100 + i);
            out.runs.push_back({names[i], "decode", request.decode_tokens, request.batch, speed, 10, 9, 0.5, 5});
        }
        return filled(out);
    }
    if (job.method == "noise") {
        NoiseJobResult out;
        out.heads.push_back({0, 1, 2.5, 7, 3});
        for (const double level : parse<NoiseJobRequest>(in, job.method).levels)
            out.levels.push_back({level, "", 20, level, {}});
        return filled(out);
    }
    if (job.method == "attribution") {
        AttributionResult out;
        out.layers = {{0, 0.01, {}}, {1, 0.02, {}}};
        out.delta_nll = 0.04;
        return filled(out);
    }
    if (job.method == "capture") {
        CaptureJobResult out;
        out.path = parse<CaptureJobRequest>(in, job.method).output;
        return filled(out);
    }
    ExportJobResult out;
    out.path = parse<ExportRequest>(in, job.method).output;
    return filled(out);
}

void Engine::end(std::deque<Job>::iterator job, const char* reason) {
    notify("failed", protocol::FailedNote{job->id, job->method, reason, 130, reason, {}, {}});
    jobs_.erase(job);
}

void Engine::handle(const Message& message) {
    const std::string& method = message.method;
    std::string detail;
    for (const char* name : {"path", "text", "output", "method"}) {
        const Value* found = message.payload.find(name);
        const auto* text = found != nullptr ? found->as<std::string>() : nullptr;
        if (text != nullptr && !text->empty()) detail += " " + *text;
    }
    if (method == "evaluate") {
        for (const auto& plan : protocol::parse<protocol::EvaluateJobRequest>(message.payload, method).plans)
            detail += " " + plan.name;
    }
    if (method != "jobs") log(method + detail);
    misbehave(method, 0);
    if (method == "hello") {
        send(protocol::result(
            *message.id, protocol::to_value(protocol::HelloResult{script_.value("protocol", std::int64_t{1}),
                                                                  "test", ::getpid()})));
        return;
    }
    if (method == "jobs") {
        send(protocol::result(*message.id, protocol::to_value(protocol::JobsResult{})));
        return;
    }
    if (method == "devices") {
        const json devices = script_.value("devices", json::object());
        if (const std::string cause = devices.value("cause", ""); !cause.empty()) {
            send(protocol::failure(message.id, {5, "there are no devices", {}, cause}));
            return;
        }
        protocol::DevicesResult out{{{"cpu", {}}}, devices.value("no_cuda", "")};
        const json cuda = devices.value("cuda", json::array());
        for (std::size_t i = 0; i < cuda.size(); ++i)
            out.devices.push_back({"cuda:" + std::to_string(i), cuda[i].get<std::string>()});
        send(protocol::result(*message.id, protocol::to_value(out)));
        return;
    }
    if (method == "cancel") {
        const std::int64_t id = protocol::parse<protocol::CancelRequest>(message.payload, method).job;
        send(protocol::result(*message.id, protocol::to_value(protocol::CancelResult{id, "running"})));
        for (auto job = jobs_.begin(); job != jobs_.end(); ++job) {
            if (job->id != id) continue;
            end(job, "cancelled");
            break;
        }
        return;
    }
    if (method == "evaluate") {
        for (auto job = jobs_.begin(); job != jobs_.end();) {
            if (job->method != method) {
                ++job;
                continue;
            }
            end(job, "superseded");
            job = jobs_.begin();
        }
    }
    if (jobs_.empty()) due_ = Clock::now();
    jobs_.push_back({next_++, method, message.payload, 0});
    send(protocol::result(*message.id, protocol::to_value(protocol::JobStarted{jobs_.back().id})));
}

void Engine::step() {
    Job& job = jobs_.front();
    misbehave(job.method, ++job.step);
    const json fail = script_.value("fail", json::object());
    if (fail.contains(job.method)) {
        const json& why = fail[job.method];
        notify("failed", protocol::FailedNote{job.id, job.method, "error", 3, why.value("message", ""),
                                              why.value("hint", ""), why.value("cause", "")});
        jobs_.pop_front();
    } else if (job.step <= steps()) {
        notify(
            "progress",
            protocol::ProgressNote{
                job.id, static_cast<double>(job.step), static_cast<double>(steps() + 1), "windows", {}, 1});
        partial_of(job);
    } else {
        try {
            notify("finished", protocol::FinishedNote{job.id, job.method, result_of(job)});
        } catch (const Error& error) {
            notify("failed",
                   protocol::FailedNote{job.id, job.method, "error", 3, error.what(), error.hint(), {}});
        }
        jobs_.pop_front();
    }
    due_ = Clock::now() + std::chrono::milliseconds(script_.value("step_ms", 5));
}

int Engine::run() {
    log("process " + std::to_string(::getpid()));
    std::string arguments = "arguments";
    for (const std::string& word : arguments_)
        arguments += " " + word;
    log(arguments);
    const std::string noise = script_.value("noise", "");
    write_bytes(noise.data(), noise.size());
    const std::string greeting = script_.value("greeting", "RANKSCOPE 1") + "\n";
    if (greeting.size() > 1) write_bytes(greeting.data(), greeting.size());
    protocol::FrameDecoder decoder;
    while (true) {
        const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(due_ - Clock::now()).count();
        pollfd input{STDIN_FILENO, POLLIN, 0};
        if (::poll(&input, 1, jobs_.empty() ? -1 : static_cast<int>(std::max<long>(0, wait))) > 0) {
            std::uint8_t buffer[65536];
            const ssize_t size = ::read(STDIN_FILENO, buffer, sizeof buffer);
            if (size <= 0) return 0;
            decoder.feed({buffer, static_cast<std::size_t>(size)});
            while (const auto body = decoder.next())
                handle(protocol::decode(*body));
        }
        if (!jobs_.empty() && Clock::now() >= due_) step();
    }
}

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);
    const char* script = std::getenv("RANKSCOPE_TEST_SCRIPT");
    return Engine(script == nullptr ? json::object() : json::parse(text_of(script)),
                  {argv + 1, argv + argc})
        .run();
}
