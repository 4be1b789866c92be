// SPDX-License-Identifier: Apache-2.0
#include "core/spectra/singular_values.hpp"

#include <algorithm>
#include <string>

#include "core/base/error.hpp"
#include "kernels/singular_values.hpp"

namespace rankscope {

void singular_values(std::span<const float> matrices, std::int64_t count, std::int64_t rows, std::int64_t columns, std::span<double> out) {
    const std::int64_t width = std::min(rows, columns);
    if (count < 0 || width < 0 || std::ssize(matrices) != count * rows * columns || std::ssize(out) != count * width) {
        throw_usage("singular values: " + std::to_string(count) + " matrices [" + std::to_string(rows) + ", " + std::to_string(columns) + "]: found "
                    + std::to_string(matrices.size()) + " entries and room for " + std::to_string(out.size()) + " values");
    }
    const std::int64_t bad = kernels::singular_values({count, rows, columns, matrices.data(), out.data()});
    if (bad >= 0) throw_input("singular values: matrix " + std::to_string(bad) + ": found NaN or infinity, expected finite entries");
}

}  // namespace rankscope
