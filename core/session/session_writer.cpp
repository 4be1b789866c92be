// SPDX-License-Identifier: Apache-2.0
// The text of a session file. What is no number (NaN, infinity) has no place in JSON: a measurement that holds one is left out
// as if it had not been made, so that nothing else of a session is lost with it.
#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.hpp"
#include "core/base/json_text.hpp"
#include "core/session/detail/tidy_json.hpp"
#include "core/session/session_file.hpp"
#include "core/session/session_paths.hpp"

namespace rankscope {
namespace {

using Json = session::OrderedJson;

bool finite(double value) {
    return std::isfinite(value);
}

bool finite(const std::optional<double>& value) {
    return !value || std::isfinite(*value);
}

template <class... T>
bool all_finite(const T&... values) {
    return (finite(values) && ...);
}

Json optional_number(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json to_value(const PlanChoice& choice) {
    Json layers = Json::array();
    for (const LayerChoice& layer : choice.layers) {
        Json item = {{"index", layer.index}, {"method", layer.method}, {"kept", layer.kept}, {"key_dim", layer.key_dim}, {"locked", layer.locked}};
        if (!layer.by_hand.empty()) item["by_hand"] = layer.by_hand;
        if (!layer.by_hand.empty() && layer.from_file) item["from_file"] = true;
        layers.push_back(std::move(item));
    }
    return {{"name", choice.name}, {"scale", name_of(choice.scale)}, {"layers", std::move(layers)}};
}

Json to_value(const std::optional<MeasuredQuality>& quality) {
    if (!quality) return nullptr;
    const MeasuredQuality& q = *quality;
    if (!all_finite(q.nll, q.perplexity, q.perplexity_se, q.delta_nll, q.delta_nll_se, q.accuracy, q.accuracy_se)) return nullptr;
    return {{"windows", q.windows}, {"windows_total", q.windows_total}, {"tokens", q.tokens}, {"nll", q.nll}, {"perplexity", q.perplexity},
            {"perplexity_se", optional_number(q.perplexity_se)}, {"delta_nll", optional_number(q.delta_nll)},
            {"delta_nll_se", optional_number(q.delta_nll_se)}, {"answers", q.answers}, {"accuracy", q.accuracy},
            {"accuracy_se", optional_number(q.accuracy_se)}};
}

Json to_value(const std::optional<MeasuredSpeed>& speed) {
    if (!speed || !all_finite(speed->prefill, speed->decode, speed->prefill_mad, speed->decode_mad)) return nullptr;
    const MeasuredSpeed& s = *speed;
    return {{"prefill", s.prefill}, {"decode", s.decode}, {"prefill_mad", s.prefill_mad}, {"decode_mad", s.decode_mad}, {"length", s.length},
            {"batch", s.batch}, {"same_width", s.same_width}, {"device", s.device}, {"implementation", s.implementation}, {"measured", s.measured}};
}

Json to_value(const SessionPoint& point) {
    return {{"id", point.id}, {"uniform", point.uniform}, {"choice", to_value(point.choice)}, {"state_bytes", point.state_bytes},
            {"parameters", point.parameters}, {"quality", to_value(point.quality)}, {"speed", to_value(point.speed)},
            {"recovered_from", point.recovered_from}, {"failure", point.failure}, {"plan", Json::parse(to_json(point.plan))}};
}

Json to_value(const std::vector<LayerSweepPoint>& sweep) {
    Json out = Json::array();
    for (const LayerSweepPoint& p : sweep) {
        if (!all_finite(p.delta_nll, p.delta_nll_se)) continue;
        out.push_back({{"layer", p.layer}, {"method", p.method}, {"kept", p.kept}, {"delta_nll", p.delta_nll}, {"delta_nll_se", optional_number(p.delta_nll_se)}});
    }
    return out;
}

bool all_finite_scores(const ModelScores& layers) {
    for (const auto& heads : layers) {
        for (const HeadScores& head : heads) {
            if (!std::all_of(head.scores.begin(), head.scores.end(), [](double score) { return std::isfinite(score); })) return false;
        }
    }
    return true;
}

Json to_value(const std::vector<SessionScores>& methods) {
    Json out = Json::array();
    for (const SessionScores& method : methods) {
        if (!all_finite_scores(method.heads)) continue;
        Json layers = Json::array();
        for (const auto& heads : method.heads) {
            Json row = Json::array();
            for (const HeadScores& head : heads) row.push_back({{"scores", head.scores}, {"order", head.order}});
            layers.push_back(std::move(row));
        }
        out.push_back({{"method", method.method}, {"layers", std::move(layers)}});
    }
    return out;
}

Json to_value(const std::optional<SessionNoise>& noise, const std::set<std::string>& ids) {
    if (!noise) return nullptr;
    Json heads = Json::array(), levels = Json::array();
    for (const auto& h : noise->heads) {
        if (!all_finite(h.amplification, h.amplification_worst, h.rank_stable)) continue;
        heads.push_back({{"layer", h.layer}, {"head", h.head}, {"amplification", h.amplification}, {"amplification_worst", h.amplification_worst},
                         {"rank_stable", h.rank_stable}});
    }
    for (const auto& l : noise->levels) {
        // Of a point that has been deleted.
        if (!all_finite(l.level, l.perplexity, l.delta_nll, l.delta_nll_se) || (!l.point.empty() && !ids.contains(l.point))) continue;
        levels.push_back({{"level", l.level}, {"point", l.point}, {"perplexity", l.perplexity}, {"delta_nll", l.delta_nll},
                          {"delta_nll_se", optional_number(l.delta_nll_se)}});
    }
    return {{"heads", std::move(heads)}, {"levels", std::move(levels)}};
}

// A JSON object that others wrote; what is none is left out.
Json embedded(const std::string& text) {
    try {
        Json value = Json::parse(prepare_json("[" + text + "]", "embedded object"), nullptr, false);
        if (value.is_array() && value.size() == 1 && value[0].is_object() && !duplicate_key(text)) return value[0];
    } catch (const Error&) {
        // nested too deeply
    }
    return nullptr;
}

class Writer {
public:
    Writer(const SavedSession& session, const std::filesystem::path& folder) : session_(session), folder_(folder) {
        for (const SessionPoint& point : session.points) ids_.insert(point.id);
    }

    [[nodiscard]] Json document() const {
        const SessionModel& model = session_.model;
        Json captures = Json::array();
        for (const auto& capture : session_.captures) captures.push_back(path(capture));
        Json out = {{"format", "rankscope-session"},
                    {"version", 1},
                    {"model", {{"path", path(model.path)}, {"hash", model.hash}, {"family", model.family}, {"tokenizer", model.tokenizer},
                               {"dtype", model.dtype}, {"parameters", model.parameters}, {"config", model.config}}},
                    {"captures", std::move(captures)},
                    {"text", text()},
                    {"calibration", {{"path", path(session_.calibration)}, {"tokens", session_.calibration_tokens}}},
                    {"seed", session_.seed},
                    {"device", session_.device},
                    {"compute_dtype", session_.compute_dtype},
                    {"current", session_.current.layers.empty() ? Json(nullptr) : to_value(session_.current)},
                    {"history", history()},
                    {"pin_a", known(session_.pin_a)},
                    {"pin_b", known(session_.pin_b)},
                    {"baseline", known(session_.baseline)},
                    {"full", to_value(session_.full)},
                    {"full_speed", to_value(session_.full_speed)},
                    {"story", story()},
                    {"notes", session_.notes}};
        Json points = Json::array();
        for (const SessionPoint& point : session_.points) points.push_back(to_value(point));
        out["points"] = std::move(points);
        out["layer_sweep"] = to_value(session_.layer_sweep);
        out["noise"] = to_value(session_.noise, ids_);
        out["scores"] = to_value(session_.scores);
        out["view"] = embedded(session_.view);
        out["provenance"] = embedded(session_.provenance);
        return out;
    }

private:
    [[nodiscard]] std::string path(const std::filesystem::path& value) const { return session::written_path(value, folder_); }

    // The reader refuses names of points that are not there.
    [[nodiscard]] std::string known(const std::string& id) const { return ids_.contains(id) ? id : std::string(); }

    [[nodiscard]] Json text() const {
        if (!session_.text) return nullptr;
        const SessionText& t = *session_.text;
        return {{"path", path(t.path)}, {"hash", t.hash}, {"window", t.window}, {"windows", t.windows}, {"tokens", t.tokens},
                {"scored_tokens", t.scored_tokens}, {"answers", t.answers}};
    }

    [[nodiscard]] Json history() const {
        Json out = Json::array();
        for (const SessionHistory& step : session_.history) out.push_back({{"label", step.label}, {"time", step.time}, {"choice", to_value(step.choice)}});
        return out;
    }

    [[nodiscard]] Json story() const {
        if (!session_.story) return nullptr;
        const SessionStory& s = *session_.story;
        return {{"title", s.title}, {"text", s.text}, {"point", known(s.point)}, {"beside", known(s.beside)}};
    }

    const SavedSession& session_;
    const std::filesystem::path& folder_;
    std::set<std::string> ids_;
};

}  // namespace

std::string to_json(const SavedSession& session, const std::filesystem::path& folder) {
    return session::tidy_json(Writer(session, folder).document());
}

}  // namespace rankscope
