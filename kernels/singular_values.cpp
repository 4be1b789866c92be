// SPDX-License-Identifier: Apache-2.0
#include "kernels/singular_values.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <vector>

#include "kernels/cpu/singular_values_table.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels {
namespace {

struct Implementation {
    std::string_view name;
    const SingularValuesTable* table;
};

// What this processor runs, widest first.
const std::vector<Implementation>& implementations() {
    static const std::vector<Implementation> list = [] {
        std::vector<Implementation> found;
#if defined(__x86_64__)
        __builtin_cpu_init();
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vl")) {
            found.push_back({"avx512", &avx512::kSingularValues});
        }
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) found.push_back({"avx2", &avx2::kSingularValues});
#endif
        found.push_back({"portable", &portable::kSingularValues});
        return found;
    }();
    return list;
}

struct AlignedDelete {
    void operator()(double* p) const noexcept { ::operator delete[](p, std::align_val_t{64}); }
};

using AlignedDoubles = std::unique_ptr<double[], AlignedDelete>;

// Rows and columns that hold something, and the largest magnitude; NaN where an entry is not finite.
struct Content {
    std::vector<std::int64_t> rows, columns;
    float largest = 0;

    void read(const float* data, std::int64_t row_count, std::int64_t column_count, std::vector<float>& column_largest) {
        rows.clear();
        columns.clear();
        largest = 0;
        float poison = 0;  // 0 · x is NaN exactly where x is not finite
        std::fill(column_largest.begin(), column_largest.end(), 0.0F);
        for (std::int64_t r = 0; r < row_count; ++r) {
            const float* row = data + r * column_count;
            float* most = column_largest.data();
            float row_largest = 0;
#pragma omp simd reduction(max : row_largest) reduction(+ : poison)
            for (std::int64_t c = 0; c < column_count; ++c) {
                const float x = std::fabs(row[c]);
                most[c] = most[c] > x ? most[c] : x;
                row_largest = row_largest > x ? row_largest : x;
                poison += x * 0.0F;
            }
            if (row_largest > 0) rows.push_back(r);
            largest = std::max(largest, row_largest);
        }
        for (std::int64_t c = 0; c < column_count; ++c) {
            if (column_largest[static_cast<std::size_t>(c)] > 0) columns.push_back(c);
        }
        if (!(poison == 0)) largest = std::numeric_limits<float>::quiet_NaN();
    }
};

// Groups begin..end-1 of the batch, with memory of their own.
class Worker {
public:
    Worker(const SingularValuesArgs& args, const SingularValuesTable& table)
        : args_(args),
          table_(table),
          m_(std::max(args.rows, args.columns)),
          n_(std::min(args.rows, args.columns)),
          column_largest_(static_cast<std::size_t>(args.columns)),
          packed_(static_cast<std::size_t>(table.matrices)),
          zeros_(static_cast<std::size_t>(m_ * n_)),
          squares_(static_cast<std::size_t>(3 * table.matrices * n_)),
          bisected_(static_cast<std::size_t>(n_)) {
        work_.reset(static_cast<double*>(::operator new[](static_cast<std::size_t>(table.work_size(m_, n_)) * sizeof(double), std::align_val_t{64})));
    }

    // -1, or the first matrix that is not finite.
    std::int64_t run(std::int64_t group_index) {
        const std::int64_t first = group_index * table_.matrices;
        const std::int64_t count = std::min(table_.matrices, args_.count - first);
        SingularValuesGroup group;
        group.m = m_;
        group.n = n_;
        // Rows of the matrix are columns of the group where that makes it tall; the values are the same.
        const bool turned = args_.rows <= args_.columns;
        group.row_stride = turned ? 1 : args_.columns;
        group.column_stride = turned ? args_.columns : 1;
        group.work = work_.get();
        group.squares = squares_.data();
        group.diagonal = group.squares + table_.matrices * n_;
        group.beside = group.diagonal + table_.matrices * n_;
        std::int64_t ranks[kMostMatrices] = {};
        double unscale[kMostMatrices] = {};
        for (std::int64_t l = 0; l < table_.matrices; ++l) {
            group.lanes[l].data = zeros_.data();
            if (l >= count) continue;
            const float* data = args_.matrices + (first + l) * args_.rows * args_.columns;
            content_.read(data, args_.rows, args_.columns, column_largest_);
            if (!std::isfinite(content_.largest)) return first + l;
            if (content_.largest == 0) continue;
            group.lanes[l].zero = false;
            const int exponent = std::ilogb(content_.largest);
            group.lanes[l].scale = std::ldexp(1.0, -exponent);
            unscale[l] = std::ldexp(1.0, exponent);
            ranks[l] = std::min(std::ssize(content_.rows), std::ssize(content_.columns));
            const bool whole = std::ssize(content_.rows) == args_.rows && std::ssize(content_.columns) == args_.columns;
            group.lanes[l].data = whole ? data : pack(l, data);
        }
        table_.run(group);
        for (std::int64_t l = 0; l < count; ++l) write(group, l, ranks[l], unscale[l], args_.out + (first + l) * n_);
        return -1;
    }

private:
    // The rows and columns that hold something, moved to the front.
    const float* pack(std::int64_t lane, const float* data) {
        std::vector<float>& packed = packed_[static_cast<std::size_t>(lane)];
        packed.assign(static_cast<std::size_t>(args_.rows * args_.columns), 0.0F);
        for (std::size_t r = 0; r < content_.rows.size(); ++r) {
            float* row = packed.data() + static_cast<std::int64_t>(r) * args_.columns;
            for (const std::int64_t c : content_.columns) *row++ = data[content_.rows[r] * args_.columns + c];
        }
        return packed.data();
    }

    void write(const SingularValuesGroup& group, std::int64_t lane, std::int64_t rank, double unscale, double* out) {
        const double* squares = group.squares + lane * n_;
        if (!group.converged[lane]) {
            bidiagonal_squares_by_bisection(n_, group.diagonal + lane * n_, group.beside + lane * n_, bisected_.data());
            squares = bisected_.data();
        }
        for (std::int64_t i = 0; i < n_; ++i) out[i] = std::sqrt(squares[i]) * unscale;
        std::sort(out, out + n_, std::greater<>());
        std::fill(out + rank, out + n_, 0.0);
    }

    const SingularValuesArgs& args_;
    const SingularValuesTable& table_;
    std::int64_t m_, n_;
    Content content_;
    std::vector<float> column_largest_;
    std::vector<std::vector<float>> packed_;
    std::vector<float> zeros_;
    std::vector<double> squares_, bisected_;
    AlignedDoubles work_;
};

std::int64_t run_all(const SingularValuesArgs& args, const SingularValuesTable& table) {
    if (args.count <= 0 || args.rows <= 0 || args.columns <= 0) return -1;
    const std::int64_t groups = (args.count + table.matrices - 1) / table.matrices;
    std::atomic<std::int64_t> bad{args.count};
    std::atomic<bool> out_of_memory{false};
    parallel_for(groups, 1, [&](std::int64_t begin, std::int64_t end) {
        try {
            Worker worker(args, table);
            for (std::int64_t g = begin; g < end; ++g) {
                const std::int64_t found = worker.run(g);
                if (found < 0) continue;
                std::int64_t seen = bad.load();
                while (found < seen && !bad.compare_exchange_weak(seen, found)) {
                }
            }
        } catch (const std::bad_alloc&) {
            out_of_memory = true;
        }
    });
    if (out_of_memory) throw std::bad_alloc();
    return bad < args.count ? bad.load() : -1;
}

}  // namespace

std::int64_t singular_values(const SingularValuesArgs& args) {
    return run_all(args, *implementations().front().table);
}

std::string_view singular_values_implementation() noexcept {
    return implementations().front().name;
}

std::int64_t singular_values_with(std::string_view implementation, const SingularValuesArgs& args) {
    for (const Implementation& candidate : implementations()) {
        if (candidate.name == implementation) return run_all(args, *candidate.table);
    }
    return -2;
}

}  // namespace rankscope::kernels
