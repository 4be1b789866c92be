// SPDX-License-Identifier: Apache-2.0
// A capture whose spectra and norms are computed by the CUDA kernels, on the emulator, against the same capture on the CPU.
#include "core/capture/capture_reader.hpp"
#include "core/evaluation/run_capture.hpp"
#include "core/model/internal/torch_model.hpp"
#include "emulated_state_kernels.hpp"
#include "golden_model.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ATen/TensorOperators.h>
#include <c10/util/Exception.h>

#include <cmath>

namespace rankscope::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

CaptureRequest request_of(const std::filesystem::path& output) {
    CaptureRequest request;
    TokenWindows windows;
    for (std::int32_t w = 0; w < 2; ++w) {
        std::vector<std::int32_t> row;
        for (std::int32_t t = 0; t < 24; ++t)
            row.push_back((t * 37 + w * 11 + t * t) % 96);
        windows.rows.push_back(row);
        windows.start.push_back(w * 24);
    }
    request.windows = WindowStream(std::move(windows));
    request.output = output;
    request.positions = {0, 3, 4, 11, 20, 23};
    request.state_positions = {4, 20};
    return request;
}

/// Captures twice, the second time with the emulated kernels.
class DeviceCapture : public ::testing::Test {
protected:
    void capture(CaptureRequest request) {
        model_ = load(golden_models() / "gated_deltanet-gva");
        request.output = folder_.path() / "cpu.h5";
        (void)run_capture(*model_, request, {});
        dynamic_cast<internal::TorchModel&>(*model_).use_state_kernels(kernels_.get());
        request.output = folder_.path() / "device.h5";
        (void)run_capture(*model_, request, {});
        cpu_ = std::make_unique<CaptureReader>(folder_.path() / "cpu.h5");
        device_ = std::make_unique<CaptureReader>(folder_.path() / "device.h5");
        EXPECT_EQ(cpu_->layout(), device_->layout());
        EXPECT_THAT(reports_, IsEmpty());
    }

    void expect_equal_metrics(double tolerance) {
        ASSERT_EQ(cpu_->metrics(), device_->metrics());
        ASSERT_FALSE(cpu_->metrics().empty());
        each([&](std::size_t layer, std::int64_t window) {
            for (const std::string& metric : cpu_->metrics())
                expect_near(device_->metric(metric, layer, window), cpu_->metric(metric, layer, window), tolerance, metric);
        });
    }

    static void expect_near(const std::vector<float>& got, const std::vector<float>& want, double tolerance, const std::string& what) {
        ASSERT_EQ(got.size(), want.size()) << what;
        ASSERT_FALSE(want.empty()) << what;
        for (std::size_t i = 0; i < want.size(); ++i)
            EXPECT_NEAR(got[i], want[i], tolerance * std::max(1.0F, std::abs(want[i]))) << what << " " << i;
    }

    template <class Body>
    void each(const Body& body) const {
        for (std::size_t layer = 0; layer < cpu_->layout().layers.size(); ++layer) {
            for (std::int64_t window = 0; window < cpu_->layout().windows(); ++window)
                body(layer, window);
        }
    }

    static nlohmann::json made(const CaptureReader& reader) { return nlohmann::json::parse(reader.provenance()); }

    ScratchFolder folder_;
    std::vector<std::string> reports_;
    std::unique_ptr<internal::StateKernels> kernels_ = emulated_state_kernels([this](const std::string& line) { reports_.push_back(line); });
    std::unique_ptr<Model> model_;
    std::unique_ptr<CaptureReader> cpu_, device_;
};

TEST_F(DeviceCapture, HasTheSpectraOfTheProcessor) {
    for (const std::vector<std::int64_t>& heads : {std::vector<std::int64_t>{}, {1, 4}}) {
        CaptureRequest request = request_of({});
        request.heads = heads;
        request.inputs = true;
        capture(request);
        expect_equal_metrics(1e-5);
        each([&](std::size_t layer, std::int64_t window) {
            expect_near(device_->singular_values(layer, window), cpu_->singular_values(layer, window), 1e-6, "singular values");
            expect_near(device_->channel_energy(layer, window), cpu_->channel_energy(layer, window), 1e-6, "channel energy");
            EXPECT_EQ(device_->input("k", layer, window), cpu_->input("k", layer, window));
            for (std::size_t position = 0; position < 2; ++position) {
                for (std::size_t head = 0; head < cpu_->layout().layers[layer].heads.size(); ++head)
                    EXPECT_EQ(device_->state(layer, window, position, head), cpu_->state(layer, window, position, head));
            }
        });
        EXPECT_EQ(made(*device_)["spectra_implementations"]["layer_00"], "cuda-singular-values");
        EXPECT_THAT(made(*cpu_)["spectra_implementations"]["layer_00"].get<std::string>(), StartsWith("cpu-"));
        EXPECT_FALSE(made(*device_).contains("norms_implementations"));
    }
}

TEST_F(DeviceCapture, HasTheRanksOfTheProcessor) {
    for (const std::vector<std::int64_t>& heads : {std::vector<std::int64_t>{}, {1, 4, 5}}) {
        CaptureRequest request = request_of({});
        request.heads = heads;
        request.spectra = request.states = false;
        request.state_positions.clear();
        request.ranks = true;
        capture(request);
        expect_equal_metrics(1e-4);
        EXPECT_EQ(made(*device_)["norms_implementations"]["layer_01"], "cuda-state-norms");
        EXPECT_THAT(made(*cpu_)["norms_implementations"]["layer_01"].get<std::string>(), StartsWith("cpu-"));
    }
}

TEST_F(DeviceCapture, GoesOnOnTheProcessorWhereAKernelIsWrong) {
    auto wrong = *kernels_->spectra(at::kCPU, 16, 16);
    wrong.run = [run = wrong.run](const at::Tensor& matrices) { return run(matrices) * 1.5; };
    std::vector<std::string> lines;
    auto kernels = std::make_unique<internal::StateKernels>(wrong, std::nullopt, [&](const std::string& line) { lines.push_back(line); });
    kernels_.swap(kernels);
    capture(request_of({}));
    expect_equal_metrics(0);
    EXPECT_THAT(made(*device_)["spectra_implementations"]["layer_00"].get<std::string>(), StartsWith("cpu-"));
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines.front(), HasSubstr("cuda-singular-values on cpu at K=16 V=16: switched off"));
}

TEST_F(DeviceCapture, NamesAStateThatIsNotFinite) {
    auto bad = *kernels_->spectra(at::kCPU, 16, 16);
    // A kernel that is right, and states that are not finite.
    int runs = 0;
    bad.run = [&runs, run = bad.run](const at::Tensor& matrices) {
        at::Tensor values = run(matrices);
        if (runs++ > 0) values[2].fill_(std::nan(""));
        return values;
    };
    kernels_ = std::make_unique<internal::StateKernels>(bad, std::nullopt, nullptr);
    model_ = load(golden_models() / "gated_deltanet-gva");
    dynamic_cast<internal::TorchModel&>(*model_).use_state_kernels(kernels_.get());
    try {
        (void)run_capture(*model_, request_of(folder_.path() / "bad.h5"), {});
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::Input);
        EXPECT_THAT(e.what(), HasSubstr("bad state: layer 0, window 0"));
        EXPECT_THAT(e.what(), HasSubstr("matrix 2"));
    }
}

TEST_F(DeviceCapture, MakesDoWithLittleMemory) {
    const auto scarce = [this](std::int64_t most) {
        auto kernel = *kernels_->spectra(at::kCPU, 16, 16);
        int checks = 0;
        kernel.run = [most, checks, run = kernel.run](const at::Tensor& matrices) mutable {
            if (checks++ > 0 && matrices.size(0) > most) throw c10::OutOfMemoryError({"", "", 0}, "CUDA out of memory");
            return run(matrices);
        };
        return kernel;
    };
    auto little = std::make_unique<internal::StateKernels>(scarce(13), std::nullopt, nullptr);
    auto nothing = std::make_unique<internal::StateKernels>(scarce(1), std::nullopt, nullptr);
    kernels_.swap(little);
    capture(request_of({}));
    expect_equal_metrics(1e-5);
    dynamic_cast<internal::TorchModel&>(*model_).use_state_kernels(nothing.get());
    try {
        (void)run_capture(*model_, request_of(folder_.path() / "none.h5"), {});
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::Resource);
        EXPECT_THAT(e.what(), HasSubstr("out of device memory"));
    }
}

}  // namespace
}  // namespace rankscope::test
