// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/text/detail/normalizer.hpp"

namespace rankscope::tokenization {

enum class UnicodeForm { Nfc, Nfd, Nfkc, Nfkd };

/// Unicode normalisation forms, through utf8proc. Linear also in runs of combining marks. Works cluster by cluster (a
/// character and the marks on it); bytes of a cluster that changes all originate at its beginning.
class UnicodeNormalizer final : public Normalizer {
public:
    explicit UnicodeNormalizer(UnicodeForm form) : form_(form) {}

    [[nodiscard]] Piece apply(const Piece& piece, const StepContext& context) const override;
    [[nodiscard]] bool safe_before(std::string_view rest) const override;

private:
    UnicodeForm form_;
};

}  // namespace rankscope::tokenization
