// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine/engine.hpp"
#include "core/engine/server/channel_memory.hpp"
#include "core/engine/server/job.hpp"
#include "core/engine/server/provenance.hpp"
#include "core/protocol/plan_methods.hpp"
#include "core/protocol/session_methods.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rankscope::server {

/// The open model: what can be asked about it without running it. Immutable but for its memory, and so good for any thread.
struct OpenModel {
    explicit OpenModel(ModelFolder opened) : folder(std::move(opened)) {}

    ModelFolder folder;
    std::string hash;
    std::shared_ptr<const Tokenizer> tokenizer;  ///< null: none that can be used
    Placement placement;
    Provenance provenance;  ///< of what is done with the model, without text, seed and command
    ChannelMemory memory;
};

/// Reads and cuts a text. Error{Usage}: neither or both of the two paths.
[[nodiscard]] TokenWindows read_source(const OpenModel& model, const protocol::TextSource& source, bool equal_lengths,
                                       const Progress& progress);

/// The same for a capture: the windows of a text are not all in memory.
[[nodiscard]] WindowStream stream_source(const OpenModel& model, const protocol::TextSource& source, const Progress& progress);

/// Model and text that the jobs work on. For the thread of the jobs, where nothing else is said.
class Workspace {
public:
    using MakeEngine = std::function<std::unique_ptr<Engine>()>;

    /// `device`: for models whose request leaves it to the engine ("auto").
    explicit Workspace(MakeEngine make_engine, std::string device = "auto")
        : make_engine_(std::move(make_engine)), device_(std::move(device)) {}

    /// Makes the engine, which takes a second, before it is needed. Where that fails, open_model says why. Never throws.
    void prepare() noexcept;

    /// What ran before shows up in no provenance made after this.
    void begin_job() const;

    /// Where a model can be opened. MissingLibTorch where there is none.
    [[nodiscard]] protocol::DevicesResult devices();
    [[nodiscard]] protocol::ModelResult open_model(const protocol::OpenModelRequest& request, const Progress& progress);
    [[nodiscard]] protocol::TextResult open_text(const protocol::TextRequest& request, const Progress& progress);

    /// The open model; null: none. Any thread.
    [[nodiscard]] std::shared_ptr<OpenModel> model_if_any() const;
    /// Error{Usage}: none is open. So do those below.
    [[nodiscard]] std::shared_ptr<OpenModel> model() const;
    [[nodiscard]] Engine& engine() const;
    [[nodiscard]] const TokenWindows& windows() const;
    [[nodiscard]] LiveEvaluation& live();

    /// Parsed and checked against the open model. The name comes back as path.
    [[nodiscard]] PlanFile plan(const std::string& text, const std::string& name) const;
    /// Of something that was run on a text, or on none.
    [[nodiscard]] protocol::ProvenanceData provenance(const std::string& method, const std::optional<JobText>& text,
                                                      std::uint64_t seed) const;

private:
    MakeEngine make_engine_;
    std::string device_;
    std::unique_ptr<Engine> engine_;
    mutable std::mutex mutex_;  // model_ alone
    std::shared_ptr<OpenModel> model_;
    std::unique_ptr<TokenWindows> windows_;
    std::int64_t cache_bytes_ = 0;
    std::unique_ptr<LiveEvaluation> live_;  // made when it is first needed; refers to the engine's model
};

/// Result of `info`: no engine is needed.
[[nodiscard]] protocol::ModelResult describe_model(const std::string& path);

}  // namespace rankscope::server
