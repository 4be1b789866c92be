// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/detail/cbor_scan.hpp"

#include <fmt/format.h>

#include <vector>

#include "core/base/error.hpp"
#include "core/base/utf8.hpp"
#include "core/protocol/cbor.hpp"

namespace rankscope::protocol {
namespace {

[[noreturn]] void refuse(std::size_t at, const char* found, const char* expected) {
    throw_input(fmt::format("malformed message: byte {}: found {}, expected {}", at, found, expected));
}

// An open array or object: how many items are still to come, and whether the next one is a key.
struct Level {
    std::uint64_t left = 0;
    bool object = false;
    bool key = false;
};

class Scanner {
public:
    explicit Scanner(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    void run() {
        do {
            item();
            while (!open_.empty() && open_.back().left == 0) open_.pop_back();
        } while (!open_.empty());
        if (at_ != bytes_.size()) refuse(at_, "more bytes", "the end of the message");
    }

private:
    void item() {
        bool key = false;
        if (!open_.empty()) {
            Level& level = open_.back();
            --level.left;
            key = level.object && level.key;
            level.key = !level.key;
        }
        if (++items_ > kMaxItems) refuse(at_, "too many items", "at most 4194304");
        const std::size_t start = at_;
        const std::uint8_t head = byte();
        const int major = head >> 5, info = head & 31;
        if (key && major != 3) refuse(start, "a key that is no text", "text");
        if (major == 6) refuse(start, "a tag", "a plain value");
        if (info == 31) refuse(start, "an indefinite length", "a definite one");
        if (info > 27) refuse(start, "a reserved length", "a length");
        if (major == 7) return simple(start, info);
        const std::uint64_t value = argument(info);
        if (major <= 1 && value > 0x7fffffffffffffffU) refuse(start, "an integer beyond 64 bits with a sign", "a smaller one");
        if (major == 2 || major == 3) return text(start, value, major == 3);
        if (major == 4 || major == 5) return open(start, value, major == 5);
    }

    void simple(std::size_t start, int info) {
        if (info >= 25) return skip(start, std::uint64_t{1} << (info - 24));  // half, single, double
        if (info < 20 || info > 22) refuse(start, "an unknown simple value", "false, true, null or a number");
    }

    void text(std::size_t start, std::uint64_t size, bool utf8) {
        const std::size_t begin = at_;
        skip(start, size);
        if (!utf8) return;
        const std::string_view view(reinterpret_cast<const char*>(bytes_.data()) + begin, at_ - begin);
        if (find_invalid_utf8(view)) refuse(start, "invalid UTF-8", "UTF-8");
    }

    void open(std::size_t start, std::uint64_t count, bool object) {
        // Every item takes a byte at least.
        const std::uint64_t items = object && count <= bytes_.size() ? 2 * count : count;
        if (count > bytes_.size() || items > bytes_.size() - at_) refuse(start, "more items than bytes", "the end of the message");
        if (open_.size() == kMaxDepth) refuse(start, "deeper nesting", "at most 64 levels");
        open_.push_back({items, object, object});
    }

    std::uint64_t argument(int info) {
        if (info < 24) return static_cast<std::uint64_t>(info);
        std::uint64_t value = 0;
        for (int i = 0; i < 1 << (info - 24); ++i) value = value << 8 | byte();
        return value;
    }

    void skip(std::size_t start, std::uint64_t size) {
        if (size > bytes_.size() - at_) refuse(start, "the end of the message", "more bytes");
        at_ += size;
    }

    std::uint8_t byte() {
        if (at_ == bytes_.size()) refuse(at_, "the end of the message", "more bytes");
        return bytes_[at_++];
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0, items_ = 0;
    std::vector<Level> open_;
};

}  // namespace

void scan_cbor(std::span<const std::uint8_t> bytes) {
    Scanner(bytes).run();
}

}  // namespace rankscope::protocol
