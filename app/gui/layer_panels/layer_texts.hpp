// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/layer_panels/layer_data.hpp"
#include "app/gui/layer_panels/readout_row.hpp"

#include <QList>
#include <QString>

#include <cstdint>
#include <vector>

namespace rankscope::gui {

class Document;

// Sentences and numbers of the selected layer, apart from the widgets that show them.

/// "Gated DeltaNet · head 2 · demo.h5".
[[nodiscard]] QString layerSubtitle(const Document& document, const CaptureData* capture, int layer,
                                    int head);

struct EmptyReason {
    QString sentence;       ///< empty: nothing is missing
    QString remedy;         ///< what the button says; empty: nothing helps
    bool hasRanks = false;  ///< of the same head: only the spectrum is missing
};

/// Why a layer's spectrum cannot be drawn. `capture` may be null.
[[nodiscard]] EmptyReason whyNoSpectrum(const Document& document, const CaptureData* capture, int layer,
                                        int head);

/// The five numbers over the spectrum, as far as the capture has them: of the head at `place`, over all
/// windows and captured positions.
/// `rows` are those that the plan keeps; empty: not known yet.
[[nodiscard]] QList<Readout> layerReadouts(const Document& document, const CaptureData* capture,
                                           const HeadPlace& place, int layer,
                                           const std::vector<std::int32_t>& rows);

/// For the status bar while the cut line is dragged, and for the step in the history.
[[nodiscard]] QString dragText(int layer, int before, int kept, int snap);
[[nodiscard]] QString stepText(int layer, int before, int kept);

}  // namespace rankscope::gui
