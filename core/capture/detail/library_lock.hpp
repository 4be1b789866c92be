// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

namespace rankscope::hdf5 {

/// Held around every use of HDF5, so that one capture may be read while another is written: not every build of the library
/// is thread-safe, and a child process forked while another thread is inside it would wait for ever.
[[nodiscard]] inline std::unique_lock<std::recursive_mutex> library_lock() {
    static std::recursive_mutex mutex;
    return std::unique_lock(mutex);
}

}  // namespace rankscope::hdf5
