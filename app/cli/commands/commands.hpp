// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace rankscope::cli {

class Context;

// One function per subcommand: declares its options and what it does. Each lives in the file of its name.
void add_info(CLI::App& app, Context& context);
void add_tokenize(CLI::App& app, Context& context);
void add_forward(CLI::App& app, Context& context);
void add_capture(CLI::App& app, Context& context);
void add_spectra(CLI::App& app, Context& context);
void add_plan(CLI::App& app, Context& context);
void add_scores(CLI::App& app, Context& context);
void add_evaluate(CLI::App& app, Context& context);
void add_noise(CLI::App& app, Context& context);
void add_sweep(CLI::App& app, Context& context);
void add_bench(CLI::App& app, Context& context);
void add_export(CLI::App& app, Context& context);
void add_train(CLI::App& app, Context& context);
void add_corpus(CLI::App& app, Context& context);
void add_demo(CLI::App& app, Context& context);
void add_report(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_serve(CLI::App& app, Context& context);

}  // namespace rankscope::cli
