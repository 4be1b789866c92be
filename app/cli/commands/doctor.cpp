// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <dlfcn.h>
#include <link.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <climits>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/cli/commands/commands.hpp"
#include "app/cli/context.hpp"
#include "core/base/data_folder.hpp"
#include "core/base/error.hpp"
#include "core/engine/factory.hpp"
#include "kernels/delta_rule.hpp"

namespace rankscope::cli {
namespace {

namespace fs = std::filesystem;
using Facts = std::vector<std::pair<std::string, std::string>>;

std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown";
}

std::string cpu_features() {
    std::string text;
    const auto add = [&](bool has, const char* name) {
        if (has) text += (text.empty() ? "" : " ") + std::string(name);
    };
    add(__builtin_cpu_supports("avx2"), "avx2");
    add(__builtin_cpu_supports("fma"), "fma");
    add(__builtin_cpu_supports("avx512f"), "avx512f");
    add(__builtin_cpu_supports("avx512bf16"), "avx512bf16");
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("flags")) continue;
        add(line.find(" amx_bf16") != std::string::npos, "amx_bf16");
        break;
    }
    return text.empty() ? "baseline only" : text;
}

std::string implementations() {
    std::string text;
    for (const auto& implementation : kernels::delta_rule_implementations()) {
        text += (text.empty() ? "" : ", ") + std::string(implementation.name);
    }
    return text;
}

// Opened and asked, not linked: the driver is absent on most machines, and that is no fault.
std::string cuda_driver() {
    void* driver = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (driver == nullptr) return "none (not needed)";
    const auto version = reinterpret_cast<int (*)(int*)>(::dlsym(driver, "cuDriverGetVersion"));
    int number = 0;
    if (version == nullptr || version(&number) != 0) return "present, but it does not answer";
    return fmt::format("CUDA {}.{}", number / 1000, number % 1000 / 10);
}

// Where the LibTorch that is loaded lies: it may come from several places.
std::string libtorch_folder() {
    void* library = ::dlopen("libtorch_cpu.so", RTLD_LAZY | RTLD_NOLOAD);
    std::array<char, PATH_MAX> folder{};
    if (library == nullptr || ::dlinfo(library, RTLD_DI_ORIGIN, folder.data()) != 0) return "unknown";
    std::error_code ignored;
    const fs::path plain = fs::weakly_canonical(folder.data(), ignored);
    return plain.empty() ? folder.data() : plain.string();
}

void fetch_libtorch() {
    const fs::path script = data_folder() / "packaging" / "libtorch";
    if (!fs::exists(script)) {
        throw_resource("cannot fetch LibTorch: " + script.string() + " is missing",
                       "install the wheel torch==" + libtorch_wanted() + ".* for python3; rankscope finds it there");
    }
    const std::string wanted = libtorch_wanted();
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(STDERR_FILENO, STDOUT_FILENO);  // stdout belongs to the answer
        if (wanted.empty()) ::execl(script.c_str(), script.c_str(), static_cast<char*>(nullptr));
        else ::execl(script.c_str(), script.c_str(), "--only", wanted.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw_resource("LibTorch could not be fetched: " + script.string() + " failed", "its own messages above say why");
    }
}

void run(const Context& context, bool fetch) {
    if (fetch) fetch_libtorch();
    Facts facts{{"version", RANKSCOPE_VERSION},
                {"cpu", cpu_model()},
                {"threads", std::to_string(std::thread::hardware_concurrency())},
                {"cpu_features", cpu_features()},
                {"delta_rule", implementations()},
                {"cuda_driver", cuda_driver()}};
    std::vector<std::string> missing;
    try {
        for (auto& fact : load_engine()->describe()) facts.push_back(std::move(fact));
        facts.emplace_back("libtorch_folder", libtorch_folder());
    } catch (const Error& e) {
        facts.emplace_back("libtorch", "not usable");
        missing.push_back(fmt::format("LibTorch (capture, evaluate, bench, train and calibrated plans need it): {}; {}", e.what(), e.hint()));
    }
    if (context.options.json) {
        nlohmann::ordered_json out;
        for (const auto& [key, value] : facts) out[key] = value;
        out["missing"] = missing;
        context.print_json(out);
        return;
    }
    std::string text;
    for (const auto& [key, value] : facts) text += fmt::format("{:<16} {}\n", key, value);
    for (const std::string& item : missing) text += fmt::format("{:<16} {}\n", "missing", item);
    context.print(text);
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("doctor",
                                       "What this machine offers, and what is missing for what.\n"
                                       "Example: rankscope-cli doctor --fetch-libtorch");
    add_common_options(*command, context);
    auto fetch = std::make_shared<bool>(false);
    command->add_flag("--fetch-libtorch", *fetch, "fetch LibTorch (pinned, hash-checked) into the user's cache first");
    command->callback([&context, fetch] { run(context, *fetch); });
}

}  // namespace rankscope::cli
