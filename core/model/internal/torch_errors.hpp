// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.hpp"

#include <c10/util/Exception.h>

#include <string>
#include <utility>

namespace rankscope::internal {

/// Runs `body` and turns LibTorch's exceptions into ours: the one place where they cross the border.
template <class Body>
auto translated(Body&& body) -> decltype(body()) {
    try {
        return std::forward<Body>(body)();
    } catch (const c10::OutOfMemoryError& e) {
        throw Error(ErrorKind::Resource,
                    "out of device memory: " + printable(e.what_without_backtrace(), 200),
                    "use a smaller batch or window, or --device cpu");
    } catch (const c10::Error& e) {
        const std::string text = e.what_without_backtrace();
        if (text.find("alloc") != std::string::npos && text.find("memory") != std::string::npos) {
            throw Error(ErrorKind::Resource, "out of memory: " + printable(text, 200),
                        "use a smaller batch or window");
        }
        throw Error(ErrorKind::Internal, "LibTorch: " + printable(text, 300));
    }
}

}  // namespace rankscope::internal
