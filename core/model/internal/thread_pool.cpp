// SPDX-License-Identifier: Apache-2.0
// Compiled with OpenMP: at::parallel_for is a template that runs serially where the compiler does not know
// it.
#include "core/model/internal/mixer.hpp"
#include "kernels/parallel.hpp"

#include <ATen/Parallel.h>

namespace rankscope::internal {

void share_thread_pool() {
    kernels::set_parallel_runner([](std::int64_t count, std::int64_t grain,
                                    const std::function<void(std::int64_t, std::int64_t)>& body) {
        at::parallel_for(0, count, grain, body);
    });
}

}  // namespace rankscope::internal
