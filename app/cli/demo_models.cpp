// SPDX-License-Identifier: Apache-2.0
#include "app/cli/demo_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/data_folder.hpp"
#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"

namespace rankscope::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

fs::path models_folder() {
    return data_folder() / "resources" / "models";
}

std::string text_of(const Json& document, const char* key, const std::string& where) {
    const auto found = document.find(key);
    if (found == document.end() || !found->is_string()) throw_input(fmt::format("bad demo: {}: found no text '{}', expected one", where, key));
    return found->get<std::string>();
}

DemoModel read_demo(const fs::path& file) {
    const std::string where = printable(file.string(), 400);
    const std::string text = read_text_file(file, 1 << 20);
    const Json document = Json::parse(prepare_json(text, where), nullptr, false);
    if (document.is_discarded()) throw_no_json("bad demo: " + where, text);
    if (!document.is_object()) throw_input("bad demo: " + where + ": found no JSON object, expected one");
    DemoModel model;
    model.folder = file.parent_path();
    model.name = model.folder.filename().string();
    model.title = text_of(document, "title", where);
    model.description = text_of(document, "description", where);
    model.evaluation = (model.folder / text_of(document, "evaluation", where)).lexically_normal();
    model.calibration = (model.folder / text_of(document, "calibration", where)).lexically_normal();
    const auto window = document.find("window");
    if (window == document.end() || !window->is_number_integer() || *window < 2 || *window > (1 << 24)) {
        throw_input(fmt::format("bad demo: {}: found no usable 'window', expected an integer from 2", where));
    }
    model.window = window->get<std::int64_t>();
    return model;
}

}  // namespace

std::vector<DemoModel> demo_models() {
    std::vector<DemoModel> models;
    std::error_code code;
    for (const fs::directory_entry& entry : fs::directory_iterator(models_folder(), code)) {
        const fs::path file = entry.path() / "rankscope-demo.json";
        if (fs::exists(file, code)) models.push_back(read_demo(file));
    }
    std::sort(models.begin(), models.end(), [](const DemoModel& a, const DemoModel& b) { return a.name < b.name; });
    return models;
}

DemoModel demo_model_named(const std::string& name) {
    std::string known;
    for (DemoModel& model : demo_models()) {
        if (model.name == name) return std::move(model);
        known += (known.empty() ? "" : ", ") + model.name;
    }
    if (known.empty()) {
        throw_input("no shipped models: " + printable(models_folder().string(), 400) + ": found none, expected folders with rankscope-demo.json",
                    "RANKSCOPE_DATA names the folder that holds resources/");
    }
    throw_usage("unknown demo: found '" + printable(name) + "', expected one of " + known);
}

}  // namespace rankscope::cli
