// SPDX-License-Identifier: Apache-2.0
#include "core/training/train.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/memory.hpp"
#include "core/checkpoint/expected_tensors.hpp"
#include "core/model/internal/device.hpp"
#include "core/model/internal/torch_errors.hpp"
#include "core/model/internal/used_mixers.hpp"
#include "core/text/bpe_training.hpp"
#include "core/training/internal/initial_weights.hpp"
#include "core/training/internal/model_output.hpp"
#include "core/training/internal/training_run.hpp"
#include "core/training/training_options.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using internal::HeldOutScore;
using internal::HeldOutText;
using internal::TrainingState;

constexpr const char* kEndOfText = "<|endoftext|>";

void train_tokenizer(const TrainRequest& request, const fs::path& folder, const Progress& progress) {
    std::vector<std::unique_ptr<MappedFile>> files;
    std::vector<std::string_view> texts;
    for (const fs::path& path : request.text) {
        files.push_back(std::make_unique<MappedFile>(path));
        const auto bytes = files.back()->bytes();
        texts.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    write_byte_level_tokenizer(folder, train_byte_level_bpe(texts, request.vocab, {kEndOfText}, progress));
}

// The tokenizer of a run lies in its folder: a resumed run finds it there, whatever became of the source.
void place_tokenizer(const TrainRequest& request, const fs::path& folder, const Progress& progress) {
    if (request.resume) return;
    if (!request.tokenizer.empty()) {
        copy_tokenizer_files(request.tokenizer, folder);
    } else if (request.vocab > 0) {
        train_tokenizer(request, folder, progress);
    } else if (!request.init.empty()) {
        copy_tokenizer_files(request.init, folder);
    } else {
        throw_usage("training needs a tokenizer: found none", "--tokenizer DIR takes one, --vocab N trains a byte-level BPE");
    }
}

std::vector<HeldOutText> read_held_out(const TrainRequest& request, const Tokenizer& tokenizer, std::int64_t length,
                                       const Progress& progress) {
    std::vector<HeldOutText> texts;
    for (const fs::path& path : request.held_out) {
        WindowOptions options;
        options.window = length;
        texts.emplace_back(path.string(), read_text_windows(path, tokenizer, options));
        for (const std::string& warning : texts.back().second.warnings) progress.warning(warning);
    }
    return texts;
}

TrainingState first_state(const TrainRequest& request, const TrainingOptions& options, const TrainingText& text) {
    TrainingState state;
    const std::int64_t step_tokens = options.batch * options.length;
    if (request.tokens) {
        state.total_steps = std::max<std::int64_t>(1, (*request.tokens + step_tokens - 1) / step_tokens);
    } else if (request.minutes) {
        state.budget_seconds = 60 * *request.minutes;
    } else {
        state.total_steps = std::max<std::int64_t>(1, text.windows_per_epoch() / options.batch);
    }
    state.seed = request.seed;
    return state;
}

// A run that goes on must be the run that began.
void check_same_run(const TrainingState& found, const TrainingState& asked, const fs::path& folder) {
    const std::string name = printable(folder.string());
    if (found.recipe != asked.recipe) {
        throw_input("cannot resume: " + name + ": the configuration differs from that of the run", "resume with the same --config");
    }
    if (found.text_hash != asked.text_hash) {
        throw_input("cannot resume: " + name + ": the text differs from that of the run", "resume with the same --text files in the same order");
    }
    if (found.seed != asked.seed) {
        throw_usage(fmt::format("cannot resume: {}: --seed: found {}, expected {}", name, asked.seed, found.seed));
    }
    const bool timed = asked.budget_seconds > 0;
    const bool same_budget = timed ? found.budget_seconds == asked.budget_seconds
                                   : found.budget_seconds == 0 && found.total_steps == asked.total_steps;
    if (!same_budget) {
        throw_usage(fmt::format("cannot resume: {}: found another budget, expected {}", name,
                                found.budget_seconds > 0 ? fmt::format("{:g} minutes", found.budget_seconds / 60)
                                                         : fmt::format("{} steps", found.total_steps)),
                    "the learning rate depends on the length of the run; resume with the same --tokens or --minutes");
    }
}

// Scores all held-out windows with the weights as written, in float32.
void score_result(const fs::path& written, const std::vector<HeldOutText>& texts, at::Device device, TrainResult& result,
                  const Progress& progress) {
    if (texts.empty()) return;
    const internal::Network network = internal::load_network(ModelFolder::open(written), device, at::kFloat);
    HeldOutScore all;
    for (const auto& [name, windows] : texts) {
        const HeldOutScore score = score_held_out(network, windows, false, progress);
        result.held_out_by_file[name] = score.perplexity();
        all += score;
    }
    result.held_out_perplexity = all.perplexity();
    if (all.bytes > 0) result.held_out_bits_per_byte = all.bits_per_byte();
}

// What made these weights, beside them.
void write_record(const fs::path& folder, const TrainRequest& request, const TrainingOptions& options, const TrainingState& state,
                  const TrainingText& text, const TrainResult& result) {
    using Json = nlohmann::ordered_json;
    Json out = {{"format", "rankscope-training"},
                {"version", 1},
                {"created_by", "rankscope " RANKSCOPE_VERSION},
                {"command", request.command},
                {"seed", state.seed},
                {"device", result.device},
                {"implementation", result.implementation},
                {"products", state.bf16 ? "bfloat16" : "float32"},
                {"text_hash", state.text_hash},
                {"text_tokens", text.tokens()},
                {"steps", result.steps},
                {"tokens", result.tokens},
                {"seconds", result.seconds},
                {"loss", result.loss},
                {"options", Json::parse(training_options_json(options))}};
    if (!request.init.empty()) out["init_hash"] = ModelFolder::open(request.init).hash();
    for (const auto& [name, perplexity] : result.held_out_by_file) {
        out["held_out_perplexity"][fs::path(name).filename().string()] = perplexity;
    }
    if (result.held_out_bits_per_byte) out["held_out_bits_per_byte"] = *result.held_out_bits_per_byte;
    write_text_file(folder / "rankscope-training.json", out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

// Weights, gradients and what the optimiser remembers, and what the graph of a single sequence keeps of every layer for going back:
// about the gate, up and product of the MLP and a dozen widths of the residual stream. All float32; a step of more sequences that
// does not fit is refused when it runs. Without this, a system that promises more
// memory than it has kills the process minutes later.
void check_memory(const ModelConfig& config, const TrainingOptions& options, const at::Device& device) {
    if (!device.is_cpu()) return;  // a GPU refuses by itself
    std::int64_t parameters = 0, joined = 0;  // joined: in the graph, projections of one input lie in one matrix
    for (const ExpectedTensor& tensor : expected_tensors(config)) {
        std::int64_t elements = 1;
        for (const std::int64_t extent : tensor.shape) elements *= extent;
        parameters += elements;
        const std::string& name = tensor.name;
        if (name.ends_with("_proj.weight") && !name.ends_with("o_proj.weight") && !name.ends_with("down_proj.weight")) joined += elements;
    }
    const std::int64_t copies = options.optimizer == OptimizerKind::AdamW ? 4 : 3;  // Muon remembers one number, for matrices
    const std::int64_t kept = options.length * std::ssize(config.layers) * (3 * config.intermediate_size + 12 * config.hidden_size);
    const std::int64_t needed = (parameters * copies + joined + kept) * 4, available = available_memory();
    if (needed <= available) return;
    throw_resource("not enough memory: training: found " + bytes_text(available) + " available, expected at least " + bytes_text(needed) + " for weights, gradients and optimiser of "
                       + std::to_string(parameters) + " parameters and a sequence of " + std::to_string(options.length) + " tokens",
                   (parameters * copies + joined) * 4 > available ? "take a machine with more memory, or a smaller model" : "a smaller training.length needs less");
}

TrainResult run_training(const TrainRequest& request, const Progress& progress) {
    const std::string config_text = read_text_file(request.config, 16 << 20);
    const ModelConfig config = parse_model_config(config_text, request.config);
    const TrainingOptions options = parse_training_options(config_text, request.config);
    const at::Device device = internal::prepare_device(request.placement);
    check_memory(config, options, device);
    internal::UsedMixers::instance().forget();

    TrainingFolder folder(request);
    place_tokenizer(request, folder.path(), progress);
    const auto tokenizer = Tokenizer::open(folder.path(), config.vocab_size);
    std::optional<std::int32_t> end_of_text;
    if (const auto id = end_of_text_id(config_text); id && *id >= 0 && *id < config.vocab_size) end_of_text = static_cast<std::int32_t>(*id);
    const TrainingText text(read_documents(request.text, *tokenizer, options.align, config.vocab_size, progress), end_of_text,
                            options.align, options.length, request.seed);
    const std::vector<HeldOutText> held_out = read_held_out(request, *tokenizer, options.length, progress);

    TrainingState state = first_state(request, options, text);
    state.recipe = training_recipe(config_text, options);
    state.text_hash = text.hash();
    state.bf16 = options.dtype == "bfloat16" || (options.dtype == "auto" && internal::bfloat16_products_are_fast(device));
    internal::Network network = internal::initial_network(config, request.seed);
    if (!request.init.empty()) take_weights(network, ModelFolder::open(request.init));
    if (request.resume) {
        TrainingState found = internal::read_checkpoint_state(folder.checkpoint());
        check_same_run(found, state, folder.path());
        state = std::move(found);
    }
    internal::Trainer trainer(std::move(network), options, state.bf16, device);
    if (request.resume) read_checkpoint_tensors(folder.checkpoint(), state, trainer);

    internal::TrainingRun run(trainer, state, text, options, held_out, folder.checkpoint());
    run.run(progress);

    AtomicFolder output(folder.output(), request.force);
    const DType dtype = options.save_dtype == "float32" ? DType::F32 : DType::BF16;
    write_model(output.temporary(), trainer.network(), config_text, dtype);
    copy_tokenizer_files(folder.path(), output.temporary());
    TrainResult result;
    result.steps = state.steps;
    result.tokens = run.tokens();
    result.loss = run.loss();
    result.seconds = state.seconds;
    result.device = device.str();
    result.implementation = fmt::format("{}", fmt::join(internal::UsedMixers::instance().names(), ", "));
    score_result(output.temporary(), held_out, device, result, progress);
    write_record(output.temporary(), request, options, state, text, result);
    progress.check();
    output.commit();
    folder.finish();
    return result;
}

}  // namespace

TrainResult train(const TrainRequest& request, const Progress& progress) {
    return internal::translated([&] { return run_training(request, progress); });
}

}  // namespace rankscope
