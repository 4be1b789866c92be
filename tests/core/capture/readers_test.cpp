// SPDX-License-Identifier: Apache-2.0
// What other software sees in a capture: h5py and silx as Debian packages them.
#include "core/capture/capture_writer.hpp"
#include "core/spectra/rank_metrics.hpp"
#include "tests/core/capture/sample_capture.hpp"

#include <fmt/format.h>

namespace rankscope {
namespace {

using testing_support::run_command;
using testing_support::Sample;

constexpr const char* kPython = "/usr/bin/python3";

constexpr const char* kScript = R"(
import json, sys
import numpy as np
import h5py
import silx.io
from silx.io.nxdata import NXdata, get_default

path, metrics = sys.argv[1], sys.argv[2].split(",")
f = h5py.File(path, "r")
assert f.attrs["NX_class"] == "NXroot" and f.attrs["default"] == "entry"
assert f.attrs["format"] == "rankscope-capture" and f.attrs["format_version"] == 1
assert f.attrs["creator"] == "rankscope test" and f.attrs["created"].endswith("Z")
entry = f["entry"]
assert entry.attrs["NX_class"] == "NXentry" and entry.attrs["default"] == "spectra"

sigma = entry["spectra/singular_values"]
assert sigma.dtype == np.float32 and sigma.shape == (3, 5, 4), sigma.shape
assert [d.label for d in sigma.dims] == ["layer", "head", "index"]
assert [d[0].name.rsplit("/", 1)[1] for d in sigma.dims] == ["layer", "head", "index"]
assert list(entry["spectra/layer"]) == [2, 10, 100] and list(entry["spectra/head"]) == [0, 1, 2, 4, 5]
assert list(entry["spectra/index"]) == [0, 1, 2, 3]
# Padded where a layer has no such head or fewer singular values, means elsewhere.
assert np.isnan(sigma[0, 2:]).all() and not np.isnan(sigma[0, :2]).any()
assert np.isnan(sigma[1, [0, 2]]).all() and np.isnan(sigma[1, :, 3]).all() and np.isnan(sigma[2, :, 2:]).all()
assert sorted(entry["layers"]) == ["layer_02", "layer_10", "layer_100"]
for l, name in enumerate(["layer_02", "layer_10", "layer_100"]):
    g = entry["layers"][name]
    heads = list(g["head"])
    where = [list(entry["spectra/head"]).index(h) for h in heads]
    s = g["singular_values"][()].astype(float)
    assert np.allclose(s.mean((0, 1)), sigma[l][where][:, :s.shape[-1]], rtol=1e-6)
    for m in metrics:
        aux = entry[m]
        assert aux.attrs["NX_class"] == "NXdata" and aux.attrs["signal"] == m and list(aux.attrs["axes"]) == ["layer", "head"]
        assert np.allclose(g[m][()].astype(float).mean((0, 1)), aux[m][l, where], rtol=1e-6)
        assert NXdata(aux).is_valid, m
    states = g["states"]
    assert states.dtype == np.float32 and states.compression is None and states.chunks is not None
    # The stored spectra are those of the stored states.
    at = [list(g["position"]).index(p) for p in g["state_position"]]
    own = np.linalg.svd(states[()].astype(np.float64), compute_uv=False)
    assert np.allclose(own, s[:, at], atol=1e-5 * own.max()), name
    assert np.allclose((states[()].astype(float) ** 2).sum(-1), g["channel_energy"][()][:, at], rtol=1e-5)
    assert [d.label for d in states.dims] == ["window_start", "state_position", "head", "key_channel", "value_channel"]
    assert list(states.dims[2][0]) == heads
    assert list(g["window_start"]) == [0, 8, 16] and g["channel"].shape == (len(g["key_head"]), g.attrs["key_dim"])
g = entry["layers/layer_10"]
assert g.attrs["mixer"] == "gated_delta_rule" and g.attrs["key_heads"] == 2 and g.attrs["value_heads"] == 6
assert g.attrs["key_dim"] == 3 and g.attrs["value_dim"] == 5 and g["channel"][1, 2] == 7
assert g["q"].shape == (3, 8, 2, 3) and g["v"].shape == (3, 8, 3, 5) and g["beta"].shape == (3, 8, 3) and g["g"].shape == (3, 8, 3)
assert "g" not in entry["layers/layer_02"]
assert (entry["layers/layer_02/singular_values"][0, 0, 0] == 0).all()

tokens = entry["tokens"]
assert tokens.dtype == np.int32 and tokens[1, 3] == 103 and tokens.compression == "gzip" and tokens.shuffle
assert entry["token_text"].asstr()[2, 2] == "\u03a9" and entry["token_text"].asstr()[0, 1] == "\\xE2\\x82"
assert entry["token_text"].asstr()[0, 3] == "t3"
assert json.loads(entry["provenance"].asstr()[()])["model_hash"] == "abc"

with silx.io.open(path) as h5:
    plot = get_default(h5)
    assert plot is not None and plot.is_valid, plot and plot.issues
    assert plot.signal_dataset_name == "singular_values" and plot.signal_ndim == 3 and plot.interpretation == "spectrum"
    assert plot.axes_dataset_names == ["layer", "head", "index"], plot.axes_dataset_names
    assert all(axis is not None for axis in plot.axes)
    assert plot.plot_style.signal_scale_type == "log"
print("fine")
)";

constexpr const char* kRanksScript = R"(
import sys
import numpy as np
import h5py
import silx.io
from silx.io.nxdata import NXdata, get_default

path, metrics = sys.argv[1], sys.argv[2].split(",")
entry = h5py.File(path, "r")["entry"]
assert entry.attrs["default"] == metrics[0] and "spectra" not in entry
assert sorted(name for name in entry if "NX_class" in entry[name].attrs) == sorted(metrics + ["layers"])
for m in metrics:
    aux = entry[m]
    assert aux.attrs["signal"] == m and list(aux["layer"]) == [2, 10, 100] and list(aux["head"]) == [0, 1, 2, 4, 5]
    assert NXdata(aux).is_valid, m
    for l, name in enumerate(["layer_02", "layer_10", "layer_100"]):
        g = entry["layers"][name]
        assert sorted(n for n in g if n.startswith(("rank_", "norm_"))) == sorted(metrics) and "singular_values" not in g
        where = [list(aux["head"]).index(h) for h in g["head"]]
        assert g[m].shape == (3, 3, len(where)) and [d.label for d in g[m].dims] == ["window_start", "position", "head"]
        assert np.allclose(g[m][()].astype(float).mean((0, 1)), aux[m][l, where], rtol=1e-6)
        assert np.isnan(np.delete(aux[m][l], where)).all()
with silx.io.open(path) as h5:
    plot = get_default(h5)
    assert plot is not None and plot.is_valid, plot and plot.issues
    assert plot.signal_dataset_name == metrics[0] and plot.axes_dataset_names == ["layer", "head"]
print("fine")
)";

class CaptureReadersTest : public testing_support::CaptureFolder {};

TEST_F(CaptureReadersTest, H5pyAndSilxReadEverything) {
    std::string output;
    if (run_command(std::string(kPython) + " -c 'import h5py, silx.io.nxdata'", &output) != 0) {
        GTEST_SKIP() << "needs the Debian packages python3-h5py and python3-silx: " << output;
    }
    const Sample sample;
    {
        auto writer = CaptureWriter::create(folder_ / "c.h5", sample.layout, sample.texts());
        sample.write(writer, 0, 3);
        writer.commit();
    }
    std::string metrics;
    for (const RankMetric& metric : rank_metrics_table()) metrics += (metrics.empty() ? "" : ",") + std::string(metric.name);
    testing_support::write_bytes(folder_ / "check.py", kScript);
    output.clear();
    const int code = run_command(fmt::format("{} {} {} {}", kPython, (folder_ / "check.py").string(), (folder_ / "c.h5").string(), metrics), &output);
    EXPECT_EQ(code, 0) << output;
    EXPECT_EQ(output.substr(0, 4), "fine") << output;
}

TEST_F(CaptureReadersTest, H5pyAndSilxReadRanksWithoutSpectra) {
    std::string output;
    if (run_command(std::string(kPython) + " -c 'import h5py, silx.io.nxdata'", &output) != 0) {
        GTEST_SKIP() << "needs the Debian packages python3-h5py and python3-silx: " << output;
    }
    Sample sample;
    sample.layout.states = sample.layout.spectra = sample.layout.inputs = false;
    sample.layout.ranks = true;
    sample.layout.state_positions.clear();
    std::string metrics;
    for (const RankMetric& metric : rank_metrics_table()) {
        if (metric.of_norms) metrics += (metrics.empty() ? "" : ",") + std::string(metric.name);
    }
    {
        auto writer = CaptureWriter::create(folder_ / "c.h5", sample.layout, sample.texts());
        for (std::int64_t w = 0; w < 3; ++w) {
            for (std::size_t i = 0; i < sample.layout.layers.size(); ++i) {
                const std::int64_t count = 3 * sample.layout.layers[i].head_count();
                writer.write_ranks(i, w, 0, {sample.numbers('s', i, w, count), sample.numbers('u', i, w, count), sample.numbers('f', i, w, count),
                                             sample.numbers('2', i, w, count)});
            }
            writer.finish_window(w);
        }
        writer.commit();
    }
    testing_support::write_bytes(folder_ / "check.py", kRanksScript);
    output.clear();
    const int code = run_command(fmt::format("{} {} {} {}", kPython, (folder_ / "check.py").string(), (folder_ / "c.h5").string(), metrics), &output);
    EXPECT_EQ(code, 0) << output;
    EXPECT_EQ(output.substr(0, 4), "fine") << output;
}

}  // namespace
}  // namespace rankscope
