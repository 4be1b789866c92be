// SPDX-License-Identifier: Apache-2.0
#include "app/cli/report/report_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/cli/report/html.hpp"
#include "core/base/json_text.hpp"

namespace rankscope::cli::report {
namespace {

std::string model_name(const SavedSession& session) {
    const std::string name = session.model.path.filename().string();
    return name.empty() ? session.model.family : name;
}

std::string title_of(const SavedSession& session) {
    return session.story && !session.story->title.empty() ? session.story->title : model_name(session);
}

std::string story_markup(const SavedSession& session) {
    std::string out;
    if (session.story && !session.story->text.empty()) out += "<div class=\"story\">" + paragraph(session.story->text) + "</div>\n";
    if (!session.notes.empty()) out += section("notes", "Notes", fmt::format("<div class=\"notes\">{}</div>\n", escaped(session.notes)));
    return out;
}

// "4 delta_rule and 1 attention"
std::string mixers_of(const ModelConfig& config) {
    std::vector<std::pair<std::string, int>> counts;
    for (const LayerConfig& layer : config.layers) {
        const std::string name = name_of(layer.mixer);
        const auto found = std::find_if(counts.begin(), counts.end(), [&](const auto& item) { return item.first == name; });
        if (found == counts.end()) {
            counts.emplace_back(name, 1);
        } else {
            ++found->second;
        }
    }
    std::string out;
    for (const auto& [name, count] : counts) out += fmt::format("{}{} {}", out.empty() ? "" : " and ", count, name);
    return out;
}

std::string file_name(const std::filesystem::path& path) {
    return escaped(path.filename().string());
}

class Facts {
public:
    void add(const char* name, const std::string& markup) {
        if (!markup.empty()) rows_ += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", name, markup);
    }

    void add_key(const std::string& name, const std::string& markup) {
        rows_ += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(name), markup);
    }

    [[nodiscard]] std::string markup() const { return "<div class=\"scroll\"><table class=\"facts\"><tbody>\n" + rows_ + "</tbody></table></div>\n"; }

private:
    std::string rows_;
};

}  // namespace

std::string grouped(std::int64_t value) {
    std::string digits = std::to_string(value < 0 ? -value : value);
    for (std::ptrdiff_t at = std::ssize(digits) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), "\u202F");
    return (value < 0 ? "−" : "") + digits;
}

std::string model_section(const ReportInput& input) {
    const SavedSession& s = input.session;
    Facts facts;
    facts.add("model", escaped(model_name(s)));
    facts.add("family", escaped(s.model.family));
    facts.add("layers", fmt::format("{} ({})", input.config.layers.size(), escaped(mixers_of(input.config))));
    facts.add("parameters", grouped(s.model.parameters) + (s.model.dtype.empty() ? "" : " in " + escaped(s.model.dtype)));
    facts.add("state", grouped(input.config.state_bytes()) + " bytes per sequence");
    facts.add("tokenizer", escaped(s.model.tokenizer));
    if (s.text) {
        facts.add("text", fmt::format("{}: {} windows of {} tokens, {} scored{}", file_name(s.text->path), grouped(s.text->windows), grouped(s.text->window),
                                      grouped(s.text->scored_tokens), s.text->answers ? ", with marked answers" : ""));
    }
    if (!s.calibration.empty()) facts.add("calibration", fmt::format("{}, {} tokens", file_name(s.calibration), grouped(s.calibration_tokens)));
    if (s.full) {
        std::string quality = "perplexity " + with_error(s.full->perplexity, s.full->perplexity_se, 3, false);
        if (s.full->answers > 0) quality += fmt::format(", {} of {} answers right", with_error(100 * s.full->accuracy, std::nullopt, 1, false) + " %", grouped(s.full->answers));
        facts.add("full model", quality);
    }
    return section("model", "Model and text", facts.markup());
}

std::string provenance_section(const ReportInput& input) {
    const SavedSession& s = input.session;
    Facts facts;
    facts.add("model hash", escaped(s.model.hash));
    if (s.text) facts.add("text hash", escaped(s.text->hash));
    facts.add("seed", std::to_string(s.seed));
    facts.add("device", escaped(s.device));
    facts.add("computed in", escaped(s.compute_dtype));
    facts.add("capture", escaped(input.capture_name));
    if (s.full_speed) facts.add("speed", escaped(fmt::format("{}, {}, {}", s.full_speed->device, s.full_speed->implementation, s.full_speed->measured)));
    const auto made = s.provenance.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json::parse(s.provenance, nullptr, false);
    if (made.is_object()) {
        for (const auto& [key, value] : made.items()) {
            // Said above already.
            if (key == "model_hash" || key == "text_hash" || key == "seed" || key == "device" || key == "dtype") continue;
            facts.add_key(key, escaped(value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
        }
    }
    return section("provenance", "Provenance", facts.markup());
}

std::string report_page(const ReportInput& input) {
    const std::string title = escaped(title_of(input.session));
    std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    out += fmt::format("<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n<header><h1>{}</h1>\n", title, style_sheet(), title);
    out += fmt::format("<p class=\"quiet\">{}: the recurrent state of a linear-attention model, pruned and measured</p></header>\n", escaped(model_name(input.session)));
    out += story_markup(input.session);
    for (const auto part : {model_section, plan_section, tradeoff_section, spectra_section, points_section, noise_section, layer_sweep_section, provenance_section}) {
        out += part(input);
    }
    return out + "</main>\n<footer>Made by Rankscope " RANKSCOPE_VERSION ".</footer>\n</body>\n</html>\n";
}

}  // namespace rankscope::cli::report
