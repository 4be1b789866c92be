// SPDX-License-Identifier: Apache-2.0
// libsentencepiece and LibTorch export FLAGS_minloglevel both, 32 bytes there and 4 here. In one program with both, as this one,
// each must have its own: else the larger one is written over LibTorch's other flags, and an allocation that fails ends the program.
#include <ATen/ops/empty.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>

#include "core/model/internal/torch_errors.hpp"
#include "core/text/detail/sentencepiece_library.hpp"

namespace rankscope {
namespace {

const std::filesystem::path kTokenizer = std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/tokenizers/sentencepiece-512/tokenizer.model";

template <class T>
T* flag(const char* name) {
    return static_cast<T*>(::dlsym(RTLD_DEFAULT, name));
}

TEST(SentencePieceBesideLibTorch, NeitherSeesTheOthersFlags) {
    const auto untouched = [] {
        for (const char* name : {"FLAGS_minloglevel", "FLAGS_v"}) {
            ASSERT_NE(flag<int>(name), nullptr) << name;
            EXPECT_EQ(*flag<int>(name), 0) << name;
        }
        ASSERT_NE(flag<bool>("FLAGS_caffe2_use_fatal_for_enforce"), nullptr);
        EXPECT_FALSE(*flag<bool>("FLAGS_caffe2_use_fatal_for_enforce"));
    };
    untouched();
    const auto tokenizer = tokenization::open_sentencepiece(kTokenizer, 0);
    ASSERT_EQ(tokenizer->kind(), "sentencepiece");
    EXPECT_GT(tokenizer->encode("the lighthouse", true).size(), 1u);
    untouched();
    Dl_info owner{};
    ASSERT_NE(::dladdr(flag<int>("FLAGS_minloglevel"), &owner), 0);
    EXPECT_NE(std::string(owner.dli_fname).find("libc10"), std::string::npos) << owner.dli_fname;
}

TEST(SentencePieceBesideLibTorch, AnAllocationThatFailsIsAnError) {
    try {
        internal::translated([] { return at::empty({std::int64_t{1} << 50}, at::kFloat); });
        FAIL() << "four petabytes were allocated";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Resource) << error.what();
    }
}

}  // namespace
}  // namespace rankscope
