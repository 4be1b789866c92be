// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/cuda_library.hpp"
#include "core/model/internal/device_call.hpp"

#include <gtest/gtest.h>

namespace rankscope::internal {
namespace {

TEST(CudaLibrary, SaysThatADriverIsTooOld) {
    EXPECT_EQ(driver_too_old(12040, 13000), "the NVIDIA driver is too old: it knows CUDA 12.4, and 13.0 or newer is needed");
    EXPECT_NE(driver_too_old(11080, 12080), "");
    // Any driver of a major version serves every runtime of it.
    EXPECT_EQ(driver_too_old(13000, 13010), "");
    EXPECT_EQ(driver_too_old(12000, 12080), "");
    EXPECT_EQ(driver_too_old(13010, 12080), "");
}

TEST(CudaLibrary, HasAReasonWhereThereIsNoDevice) {
    EXPECT_EQ(cuda_support().devices == 0, !cuda_support().reason.empty());
}

struct NewStream {
    [[nodiscard]] void* native_handle() const { return const_cast<NewStream*>(this); }
};

struct OldStream {
    std::int64_t number;

    [[nodiscard]] std::int64_t id() const { return number; }
};

TEST(CudaLibrary, KnowsTheStreamsOfNewAndOldLibTorch) {
    const NewStream stream;
    EXPECT_EQ(handle_of(stream), &stream);
    EXPECT_EQ(handle_of(OldStream{0}), nullptr);
    EXPECT_THROW(handle_of(OldStream{3}), Error);
}

}  // namespace
}  // namespace rankscope::internal
