// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/demo_job.hpp"
#include "app/cli/demo_output.hpp"
#include "app/cli/demo_session.hpp"
#include "core/base/error.hpp"

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string run, output, session;
    bool list = false;
};

void list(const Context& context) {
    const std::vector<DemoModel> models = demo_models();
    Json entries = Json::array();
    std::string text = models.empty() ? "no shipped models\n" : "";
    for (const DemoModel& model : models) {
        const std::filesystem::path session = demo_session_path(model);
        std::error_code ignored;
        const bool shipped = std::filesystem::exists(session, ignored);
        entries.push_back({{"name", model.name}, {"title", model.title}, {"description", model.description}, {"path", model.folder.string()},
                           {"evaluation", model.evaluation.string()}, {"calibration", model.calibration.string()}, {"window", model.window},
                           {"session", shipped ? Json(session.string()) : Json(nullptr)}});
        text += fmt::format("{:<14} {}\n{:<14} {}\n", model.name, model.title, "", model.description);
        if (shipped) text += fmt::format("{:<14} session: {}\n", "", session.string());
    }
    if (context.options.json) context.print_json({{"models", entries}});
    context.print(text);
}

void make_session(const Context& context, const Options& o) {
    const DemoSessionResult r = make_demo_session(context, demo_model_named(o.run), o.session);
    const SavedSession& s = r.session;
    if (context.options.json) {
        context.print_json({{"models", Json::array({{{"name", o.run}}})},
                            {"session", {{"path", r.path.string()}, {"bytes", r.bytes}, {"points", s.points.size()}, {"layer_sweep", s.layer_sweep.size()}}},
                            {"capture", {{"path", r.capture.string()}, {"bytes", r.capture_bytes}}},
                            {"story", {{"title", s.story->title}, {"text", s.story->text}}},
                            {"seconds", r.seconds},
                            {"provenance", Json::parse(s.provenance)}});
        return;
    }
    context.print(fmt::format("{}\n{}\nwrote {} ({} points, {:.2f} MB) and {} ({:.2f} MB) in {:.0f} s\n", s.story->title, s.story->text, r.path.string(),
                              s.points.size(), static_cast<double>(r.bytes) / 1e6, r.capture.string(), static_cast<double>(r.capture_bytes) / 1e6, r.seconds));
}

void run(const Context& context, const Options& o) {
    if (o.run.empty()) {
        if (!o.output.empty()) throw_usage("-o needs --run NAME");
        if (!o.session.empty()) throw_usage("--session needs --run NAME");
        list(context);
        return;
    }
    if (o.list) throw_usage("found --list and --run, expected one of them");
    if (!o.session.empty()) {
        if (!o.output.empty()) throw_usage("found --session and -o, expected one of them");
        make_session(context, o);
        return;
    }
    const DemoResult result = run_demo(context, demo_model_named(o.run), o.output);
    if (context.options.json) context.print_json(to_json(result));
    context.print(demo_text(result));
}

}  // namespace

void add_demo(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("demo",
                                       "The shipped models, and the whole main job on one of them: states, ranks, pruning, perplexity, speed, export.\n"
                                       "Example: rankscope-cli demo --run books-delta -o books-delta-results");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_flag("--list", o->list, "list the models and their sessions (what happens without --run)");
    command->add_option("--run", o->run, "model to do the main job on");
    command->add_option("-o,--output", o->output, "folder for the capture, the plans and the exported model (default: nothing is kept)");
    command->add_option("--session", o->session,
                        "instead, measure all that the window shows and write it as a session, OUT.rankscope, with a capture beside it, OUT.h5");
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
