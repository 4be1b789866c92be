// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/value.hpp"

#include <array>

namespace rankscope::protocol {

std::string_view Value::kind() const noexcept {
    static constexpr std::array<std::string_view, 8> kNames{"null", "boolean", "integer", "number", "text", "bytes", "array", "object"};
    return kNames[data_.index()];
}

const Value* Value::find(std::string_view key) const noexcept {
    const Object* object = as<Object>();
    if (object == nullptr) return nullptr;
    for (const auto& [name, value] : *object) {
        if (name == key) return &value;
    }
    return nullptr;
}

}  // namespace rankscope::protocol
