// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "app/cli/report/capture_digest.hpp"
#include "core/session/saved_session.hpp"

namespace rankscope::cli::report {

/// What a page is made of.
struct ReportInput {
    const SavedSession& session;
    ModelConfig config;
    std::optional<CaptureDigest> capture;
    std::string capture_name;     ///< as the session names it; empty: it names none
    std::string capture_problem;  ///< why there is no digest
};

/// One complete HTML page that needs no other file, no network and no script; light and dark, and to be printed.
[[nodiscard]] std::string report_page(const ReportInput& input);

// Its sections, in order.
[[nodiscard]] std::string model_section(const ReportInput& input);
[[nodiscard]] std::string plan_section(const ReportInput& input);
[[nodiscard]] std::string tradeoff_section(const ReportInput& input);
[[nodiscard]] std::string spectra_section(const ReportInput& input);
[[nodiscard]] std::string points_section(const ReportInput& input);
[[nodiscard]] std::string noise_section(const ReportInput& input);
[[nodiscard]] std::string layer_sweep_section(const ReportInput& input);
[[nodiscard]] std::string provenance_section(const ReportInput& input);

/// The page's style sheet.
[[nodiscard]] const char* style_sheet();

/// "196,608" with narrow spaces between groups of digits.
[[nodiscard]] std::string grouped(std::int64_t value);

}  // namespace rankscope::cli::report
