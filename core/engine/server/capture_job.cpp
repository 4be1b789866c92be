// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/capture_job.hpp"

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/capture/capture_writer.hpp"

#include <fmt/format.h>

namespace rankscope::server {
namespace {

void refuse_unfinished(const protocol::CaptureJobRequest& request) {
    if (request.resume || request.force) return;
    const auto windows = unfinished_windows(request.output);
    if (windows && *windows > 0) {
        throw_usage(
            fmt::format("unfinished capture: {}.part: found {} complete windows", printable(request.output, 400), *windows),
            "resume it, or replace it");
    }
}

WindowStream windows_of(const Workspace& workspace, const OpenModel& model, const protocol::TextSource& source,
                        const Progress& progress) {
    if (!source.text.empty() || !source.ids.empty()) return stream_source(model, source, progress);
    TokenWindows windows = workspace.windows();
    auto count = std::ssize(windows.rows);
    if (source.max_windows) count = std::min(count, *source.max_windows);
    const auto length = std::ssize(windows.rows.front());
    if (source.max_tokens) count = std::min(count, (*source.max_tokens + length - 1) / length);
    if (count < 1) throw_usage("bad number of windows: found a limit below 1");
    windows.rows.resize(static_cast<std::size_t>(count));
    windows.start.resize(windows.rows.size());
    for (const auto& row : windows.rows) {
        if (std::ssize(row) != length)
            throw_input("windows of different length: a capture needs equal ones", "limit it to the first windows");
    }
    return WindowStream(std::move(windows));
}

}  // namespace

protocol::CaptureJobResult run_capture_job(Workspace& workspace, const protocol::CaptureJobRequest& request, Job& job) {
    if (request.output.empty()) throw_usage("bad output: found no name, expected a file");
    const auto model = workspace.model();
    refuse_existing(request.output, request.force);
    refuse_unfinished(request);
    CaptureRequest wanted;
    wanted.output = request.output;
    wanted.resume = request.resume;
    wanted.states = request.states;
    wanted.spectra = request.spectra;
    wanted.inputs = request.inputs;
    wanted.ranks = request.ranks;
    wanted.layers = request.layers;
    wanted.heads = request.heads;
    wanted.positions = request.positions;
    wanted.state_positions = request.state_positions;
    if (!request.plan.empty()) wanted.plan = workspace.plan(request.plan, {}).plan;
    wanted.windows = windows_of(workspace, *model, request.source, job.progress());
    if (const auto tokenizer = model->tokenizer) {
        wanted.token_text = [tokenizer](std::int32_t id) {
            return id < tokenizer->vocab_size() ? readable_token(tokenizer->token_bytes(id)) : std::string();
        };
    }
    const protocol::ProvenanceData provenance = workspace.provenance(job.method(), wanted.windows, 0);
    wanted.provenance = provenance;
    const CaptureResult r = workspace.engine().capture(wanted, job.progress());
    return {r.path, r.layers, r.positions, r.windows, r.bytes, r.seconds, provenance};
}

}  // namespace rankscope::server
