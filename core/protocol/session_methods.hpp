// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/provenance.hpp"
#include "core/protocol/fields.hpp"

// Requests and results of the methods about the connection, jobs, the model and the text. core/protocol/README.md lists all.
namespace rankscope::protocol {

/// Provenance as it crosses.
struct ProvenanceData : Provenance {
    static void fields(auto& self, auto& f) {
        f("model", self.model_path);
        f("model_hash", self.model_hash);
        f("family", self.model_family);
        f("text_hash", self.text_hash);
        f("tokenizer", self.tokenizer);
        f("device", self.device);
        f("dtype", self.dtype);
        f("implementation", self.implementation);
        f("version", self.version);
        f("command", self.command);
        f("tokens", self.tokens);
        f("seed", self.seed);
        f("threads", self.threads);
    }
};

struct HelloRequest {
    std::int64_t protocol = 0;
    std::string client;  ///< name and version, for logs

    static void fields(auto& self, auto& f) {
        f.need("protocol", self.protocol);
        f("client", self.client);
    }
};

struct HelloResult {
    std::int64_t protocol = 0;
    std::string version;
    std::int64_t process = 0;  ///< of the engine, on its machine

    static void fields(auto& self, auto& f) {
        f.need("protocol", self.protocol);
        f("version", self.version);
        f("process", self.process);
    }
};

/// What a long method answers at once.
struct JobStarted {
    std::int64_t job = 0;

    static void fields(auto& self, auto& f) { f.need("job", self.job); }
};

using CancelRequest = JobStarted;

struct CancelResult {
    std::int64_t job = 0;
    std::string state;  ///< what it was: "running", "queued", or "ended" (also for an unknown one)

    static void fields(auto& self, auto& f) {
        f.need("job", self.job);
        f("state", self.state);
    }
};

struct JobInfo {
    std::int64_t job = 0;
    std::string method, state;  ///< "queued" or "running"
    double done = 0, total = 0, eta_seconds = -1;
    std::string unit;

    static void fields(auto& self, auto& f) {
        f.need("job", self.job);
        f("method", self.method);
        f("state", self.state);
        f("done", self.done);
        f("total", self.total);
        f("eta_seconds", self.eta_seconds);
        f("unit", self.unit);
    }
};

struct JobsResult {
    std::vector<JobInfo> jobs;  ///< the running one first, then in the order of the queue

    static void fields(auto& self, auto& f) { f("jobs", self.jobs); }
};

/// Notification `progress`.
struct ProgressNote {
    std::int64_t job = 0;
    double done = 0, total = 0;
    std::string unit, note;
    double eta_seconds = -1;  ///< below 0: not known

    static void fields(auto& self, auto& f) {
        f.need("job", self.job);
        f("done", self.done);
        f("total", self.total);
        f("unit", self.unit);
        f("note", self.note);
        f("eta_seconds", self.eta_seconds);
    }
};

/// Notification `warning`.
struct WarningNote {
    std::int64_t job = 0;
    std::string message;

    static void fields(auto& self, auto& f) {
        f.need("job", self.job);
        f("message", self.message);
    }
};

/// Notification `finished`.
struct FinishedNote {
    std::int64_t job = 0;
    std::string method;
    Value result;  ///< what the table of core/protocol/README.md says: parse<EvaluateJobResult>(result, method), ...

    static void fields(auto& self, auto& f) {
        f.need("job", self.job);
        f("method", self.method);
        f.need("result", self.result);
    }
};

/// Notification `failed`.
struct FailedNote {
    std::int64_t job = 0;
    std::string method;
    std::string reason;  ///< "error", "cancelled" or "superseded"
    std::int64_t code = 1;
    std::string message, hint;
    std::string cause;  ///< as Failure::cause

    static void fields(auto& self, auto& f) {
        f.need("job", self.job);
        f("method", self.method);
        f("reason", self.reason);
        f("code", self.code);
        f("message", self.message);
        f("hint", self.hint);
        f("cause", self.cause);
    }
};

struct InfoRequest {
    std::string path;

    static void fields(auto& self, auto& f) { f.need("path", self.path); }
};

struct DevicesRequest {
    static void fields(auto& /*self*/, auto& /*f*/) {}
};

struct DeviceData {
    std::string device;  ///< what `open_model` takes: "cpu", "cuda:0"
    std::string name;    ///< for people: "NVIDIA H100 80GB HBM3"; may be empty

    static void fields(auto& self, auto& f) {
        f.need("device", self.device);
        f("name", self.name);
    }
};

struct DevicesResult {
    std::vector<DeviceData> devices;  ///< that a model can be opened on; empty without LibTorch
    std::string no_cuda;              ///< why there is no CUDA device among them; empty where there is one

    static void fields(auto& self, auto& f) {
        f.need("devices", self.devices);
        f("no_cuda", self.no_cuda);
    }
};

struct OpenModelRequest {
    std::string path;
    std::string device = "auto", dtype = "auto";
    int threads = 0;

    static void fields(auto& self, auto& f) {
        f.need("path", self.path);
        f("device", self.device);
        f("dtype", self.dtype);
        f("threads", self.threads);
    }
};

struct LayerData {
    std::int64_t index = 0;
    std::string mixer;
    std::int64_t key_heads = 0, value_heads = 0, key_dim = 0, written_key_dim = 0, value_dim = 0;
    bool prunable = false;
    std::int64_t kv_bytes_per_token = 0;

    static void fields(auto& self, auto& f) {
        f.need("index", self.index);
        f("mixer", self.mixer);
        f("key_heads", self.key_heads);
        f("value_heads", self.value_heads);
        f("key_dim", self.key_dim);
        f("written_key_dim", self.written_key_dim);
        f("value_dim", self.value_dim);
        f("prunable", self.prunable);
        f("kv_bytes_per_token", self.kv_bytes_per_token);
    }
};

/// Result of `open_model` and `info`.
struct ModelResult {
    std::string path, family, dtype, hash;
    std::string config;  ///< the text of config.json: parse_exported_config gives what plans are counted with
    std::vector<LayerData> layers;
    std::int64_t hidden_size = 0, vocab_size = 0, parameters = 0, state_bytes = 0;
    std::vector<std::string> warnings;
    ProvenanceData provenance;

    static void fields(auto& self, auto& f) {
        f.need("path", self.path);
        f("family", self.family);
        f("dtype", self.dtype);
        f("hash", self.hash);
        f("config", self.config);
        f("layers", self.layers);
        f("hidden_size", self.hidden_size);
        f("vocab_size", self.vocab_size);
        f("parameters", self.parameters);
        f("state_bytes", self.state_bytes);
        f("warnings", self.warnings);
        f("provenance", self.provenance);
    }
};

/// Which text: exactly one of the two paths.
struct TextSource {
    std::string text, ids;
    std::int64_t window = 512;
    std::optional<std::int64_t> max_windows, max_tokens;

    static void fields(auto& self, auto& f) {
        f("text", self.text);
        f("ids", self.ids);
        f("window", self.window);
        f("max_windows", self.max_windows);
        f("max_tokens", self.max_tokens);
    }
};

/// `text` opens the text that evaluations use from then on.
struct TextRequest : TextSource {
    bool token_text = true;  ///< send the texts of the tokens
    std::int64_t cache_bytes = 0;  ///< for layer inputs; 0: a quarter of the free memory

    static void fields(auto& self, auto& f) {
        TextSource::fields(self, f);
        f("token_text", self.token_text);
        f("cache_bytes", self.cache_bytes);
    }
};

struct AnswerData {
    std::int64_t window = 0, first = 0, count = 0, facts = 0;

    static void fields(auto& self, auto& f) {
        f.need("window", self.window);
        f("first", self.first);
        f("count", self.count);
        f("facts", self.facts);
    }
};

struct TextResult {
    std::string path, text_hash;
    std::int64_t tokens = 0, scored_tokens = 0, text_tokens = 0, text_bytes = 0;
    std::vector<IntArray> windows;                     ///< ids [T] of every window
    std::vector<std::vector<std::string>> token_text;  ///< [window][T], readable; empty without a tokenizer
    std::vector<std::int64_t> start;                   ///< token offset of every window in the text
    std::vector<AnswerData> answers;
    std::vector<std::string> warnings;

    static void fields(auto& self, auto& f) {
        f.need("path", self.path);
        f("text_hash", self.text_hash);
        f("tokens", self.tokens);
        f("scored_tokens", self.scored_tokens);
        f("text_tokens", self.text_tokens);
        f("text_bytes", self.text_bytes);
        f("windows", self.windows);
        f("token_text", self.token_text);
        f("start", self.start);
        f("answers", self.answers);
        f("warnings", self.warnings);
    }
};

}  // namespace rankscope::protocol
