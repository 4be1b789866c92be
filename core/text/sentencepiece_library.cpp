// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/sentencepiece_library.hpp"

#include <dlfcn.h>

#include "core/base/error.hpp"

namespace rankscope::tokenization {
namespace {

using Open = Tokenizer* (*)(const std::filesystem::path& file, std::int64_t model_vocab_size, std::size_t block);

// RTLD_LOCAL: a LibTorch that is loaded later does not find libsentencepiece's names. RTLD_DEEPBIND: libsentencepiece does
// not find those of a LibTorch that is there already. The sanitizers refuse the latter; their build has no LibTorch.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kApart = RTLD_LOCAL;
#else
constexpr int kApart = RTLD_LOCAL | RTLD_DEEPBIND;
#endif

// Beside the library that this is part of, in the build tree and in an installation.
std::filesystem::path library_path() {
    Dl_info here{};
    const bool found = ::dladdr(reinterpret_cast<const void*>(&open_sentencepiece), &here) != 0 && here.dli_fname != nullptr;
    return std::filesystem::path(found ? here.dli_fname : "").parent_path() / "librankscope_sentencepiece.so";
}

Open load() {
    const std::filesystem::path path = library_path();
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NODELETE | kApart);
    if (library == nullptr) {
        throw Error(ErrorKind::Resource, "cannot load the SentencePiece tokenizer: " + printable(::dlerror(), 400),
                    "the Debian package libsentencepiece0 brings libsentencepiece");
    }
    void* open = ::dlsym(library, "rankscope_open_sentencepiece");
    if (open == nullptr) throw Error(ErrorKind::Internal, printable(path.string()) + " has no rankscope_open_sentencepiece");
    return reinterpret_cast<Open>(open);
}

}  // namespace

std::shared_ptr<const Tokenizer> open_sentencepiece(const std::filesystem::path& file, std::int64_t model_vocab_size,
                                                    std::size_t block) {
    static const Open open = load();
    return std::shared_ptr<const Tokenizer>(open(file, model_vocab_size, block));
}

}  // namespace rankscope::tokenization
