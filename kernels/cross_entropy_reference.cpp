// SPDX-License-Identifier: Apache-2.0
#include "kernels/cross_entropy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace rankscope::kernels {
namespace {

double value(float x) {
    return static_cast<double>(x);
}

double value(Bf16 x) {
    return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16));
}

}  // namespace

template <class Weight, class Target>
void cross_entropy_reference(const CrossEntropyArgs<Weight, Target>& a, double* nll) {
    std::vector<double> z(static_cast<std::size_t>(a.vocabulary));
    for (std::int64_t n = 0; n < a.rows; ++n) {
        double largest = -std::numeric_limits<double>::infinity();
        std::int64_t best = -1;
        for (std::int64_t v = 0; v < a.vocabulary; ++v) {
            double sum = 0;
            for (std::int64_t d = 0; d < a.width; ++d) sum += static_cast<double>(a.hidden[n * a.width + d]) * value(a.weight[v * a.width + d]);
            z[static_cast<std::size_t>(v)] = sum;
            if (sum > largest) {
                largest = sum;
                best = v;
            }
        }
        double total = 0;
        for (const double x : z) total += std::exp(x - largest);
        nll[n] = largest + std::log(total) - z[static_cast<std::size_t>(a.targets[n])];
        if (a.argmax != nullptr) a.argmax[n] = static_cast<Target>(best);
    }
}

template void cross_entropy_reference(const CrossEntropyArgs<float, std::int32_t>&, double*);
template void cross_entropy_reference(const CrossEntropyArgs<float, std::int64_t>&, double*);
template void cross_entropy_reference(const CrossEntropyArgs<Bf16, std::int32_t>&, double*);
template void cross_entropy_reference(const CrossEntropyArgs<Bf16, std::int64_t>&, double*);

}  // namespace rankscope::kernels
