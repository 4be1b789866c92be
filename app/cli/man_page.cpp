// SPDX-License-Identifier: Apache-2.0
#include "app/cli/man_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>
#include <vector>

namespace rankscope::cli {
namespace {

constexpr const char* kExample = "\nExample: ";

// Text as roff takes it literally: ASCII signs that it would replace, and signs that open a macro at the start of a line.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\e"; break;
            case '-': out += "\\-"; break;
            case '^': out += "\\(ha"; break;
            case '~': out += "\\(ti"; break;
            case '`': out += "\\(ga"; break;
            case '\'': out += "\\(aq"; break;
            default: out += c;
        }
    }
    if (out.starts_with(".")) out.insert(0, "\\&");
    return out;
}

std::string bold(const std::string& text) {
    return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(const std::string& text) {
    return "\\fI" + escaped(text) + "\\fR";
}

bool is_help(const CLI::Option& option) {
    return option.check_lname("help");
}

// "-o,--output" and what follows it: what an option is known by.
std::vector<std::string> names(const CLI::Option& option) {
    std::vector<std::string> all;
    for (const std::string& name : option.get_snames()) all.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) all.push_back("--" + name);
    return all;
}

std::vector<std::string> names_of(const std::set<CLI::Option*>& options) {
    std::vector<std::string> all;
    for (const CLI::Option* option : options) all.push_back(names(*option).back());
    std::ranges::sort(all);  // the set is sorted by address
    return all;
}

// "INT:INT in [0 - 4096]", "TEXT:{a,b}": what stands before the colon, and the rest in words.
std::string value_name(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    return type.substr(0, type.find(':'));
}

std::string value_limits(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const auto colon = type.find(':');
    if (colon == std::string::npos) return {};
    std::string rule = type.substr(colon + 1);
    if (rule.starts_with("{") && rule.ends_with("}")) {
        return "one of " + CLI::detail::find_and_replace(rule.substr(1, rule.size() - 2), ",", ", ");
    }
    if (const auto open = rule.find(" in ["); open != std::string::npos && rule.ends_with("]")) {
        rule = rule.substr(open + 5, rule.size() - open - 6);
        return CLI::detail::find_and_replace(rule, " - ", " to ");
    }
    return rule == "POSITIVE" ? "above 0" : rule == "NONNEGATIVE" ? "0 or more" : rule;
}

// ".TP", the option as it is typed, what it does and what it may hold.
std::string entry(const CLI::Option& option) {
    const bool positional = option.get_positional();
    std::string head;
    if (positional) {
        head = italic(option.get_name(true, false));
    } else {
        for (const std::string& name : names(option)) head += (head.empty() ? "" : ", ") + bold(name);
        if (option.get_type_size() != 0) head += " " + italic(value_name(option));
    }
    if (option.get_type_size() != 0 && option.get_expected_max() == CLI::detail::expected_max_vector_size) head += " ...";
    std::vector<std::string> notes;
    if (option.get_type_size() != 0) {
        if (const std::string limits = value_limits(option); !limits.empty()) notes.push_back(limits);
        if (!option.get_default_str().empty()) notes.push_back("default " + option.get_default_str());
    }
    if (option.get_required() && !positional) notes.emplace_back("must be given");
    if (!option.get_needs().empty()) notes.push_back(fmt::format("only with {}", fmt::join(names_of(option.get_needs()), ", ")));
    if (!option.get_excludes().empty()) notes.push_back(fmt::format("not with {}", fmt::join(names_of(option.get_excludes()), ", ")));
    std::string text = option.get_description();
    if (!notes.empty()) text += fmt::format(" ({})", fmt::join(notes, "; "));
    return ".TP\n" + head + "\n" + escaped(text) + "\n";
}

using Entries = std::set<std::string>;

Entries entries_of(const CLI::App& command) {
    Entries all;
    for (const CLI::Option* option : command.get_options()) all.insert(entry(*option));
    return all;
}

// What the command does, how it is called, its own options, its example.
std::string section(const CLI::App& command, const std::string& program, const Entries& common) {
    std::string text = command.get_description(), example;
    if (const auto found = text.find(kExample); found != std::string::npos) {
        example = text.substr(found + std::string(kExample).size());
        text.resize(found);
    }
    std::string usage = bold(program + " " + command.get_name());
    std::string entries;
    const auto options = command.get_options();
    for (const CLI::Option* option : options) {
        if (!option->get_positional()) continue;
        const std::string name = italic(option->get_name(true, false));
        usage += " " + (option->get_required() ? name : "[" + name + "]");
        entries += entry(*option);
    }
    for (const CLI::Option* option : options) {
        if (!option->get_positional() && option->get_required()) usage += " " + bold(names(*option).back()) + " " + italic(value_name(*option));
    }
    usage += " [" + italic("OPTION") + " ...]";
    for (const CLI::Option* option : options) {
        if (!option->get_positional() && !is_help(*option) && !common.contains(entry(*option))) entries += entry(*option);
    }
    std::string out = ".SS " + escaped(command.get_name()) + "\n" + usage + "\n.PP\n" + escaped(text) + "\n" + entries;
    if (!example.empty()) out += ".PP\nExample:\n" + bold(example) + "\n";
    return out;
}

}  // namespace

std::string man_page(const CLI::App& app) {
    const auto commands = app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
    Entries common;
    std::string common_text;
    for (const CLI::App* command : commands) {
        Entries own = entries_of(*command);
        if (command == commands.front()) common = std::move(own);
        else std::erase_if(common, [&own](const std::string& known) { return !own.contains(known); });
    }
    std::string out = ".SH COMMANDS\n";
    for (const CLI::App* command : commands) out += section(*command, app.get_name(), common);
    out += ".SH COMMON OPTIONS\nEvery command takes these.\n";
    for (const CLI::Option* option : commands.front()->get_options()) {
        if (common.contains(entry(*option))) out += entry(*option);
    }
    return out;
}

}  // namespace rankscope::cli
