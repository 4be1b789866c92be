// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/context.hpp"
#include "app/cli/report/report_page.hpp"
#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/session/session_file.hpp"

namespace rankscope::cli {
namespace {

struct Options {
    std::string session, output;
};

// A report is worth having without its capture; what is wrong with that is said in it.
void read_capture(const Context& context, report::ReportInput& input) {
    if (input.session.captures.empty()) return;
    const std::filesystem::path& path = input.session.captures.front();
    input.capture_name = path.filename().string();
    try {
        input.capture = report::digest_capture(path, context.progress("reading the capture"));
        if (!input.session.model.hash.empty() && input.capture->model_hash != input.session.model.hash) {
            input.capture.reset();
            input.capture_problem = "it is of another model";
        }
    } catch (const Error& e) {
        if (e.kind() == ErrorKind::Internal) throw;
        // The page is for others: it does not say where the file should have been.
        input.capture_problem = std::filesystem::exists(path) ? "it cannot be read" : "it is not there";
        context.warn(e.what());
    }
    if (!input.capture_problem.empty()) context.warn(fmt::format("the report has no spectra: {}: {}", printable(input.capture_name, 200), input.capture_problem));
}

void run(const Context& context, const Options& o) {
    refuse_existing(o.output, context.options.force);
    const SavedSession session = read_session(o.session);
    report::ReportInput input{session, session_config(session), std::nullopt, "", ""};
    read_capture(context, input);
    const std::string page = report::report_page(input);
    write_text_file(o.output, page);
    if (context.options.json) context.print_json({{"path", o.output}, {"bytes", page.size()}});
    context.print(fmt::format("wrote {} ({:.0f} kB)\n", o.output, static_cast<double>(page.size()) / 1e3));
}

}  // namespace

void add_report(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("report",
                                       "One offline page about a session: plan, charts, tables, provenance.\n"
                                       "Example: rankscope-cli report resources/sessions/books-delta.rankscope -o books-delta.html");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("SESSION", o->session, "session file (.rankscope)")->required();
    command->add_option("-o,--output", o->output, "HTML file to write")->required();
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
