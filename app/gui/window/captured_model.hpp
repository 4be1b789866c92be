// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace rankscope::gui {

struct CaptureData;

/// Where a capture says that its model lies. A capture may come from anybody: what it names is opened without
/// asking only where the person could have meant it.
struct CapturedModel {
    QString named;       ///< as its provenance has it; empty: nothing
    QString folder;      ///< absolute, and holds a model; empty: it is not there
    bool known = false;  ///< beside the capture, shipped, or opened before: opened without asking
    /// What the question shows is what is opened: links are resolved and no character is hidden.
    bool canBeShown = false;
};

/// Relative names count from the capture's folder, then from the current one. `openedBefore`: folders that this
/// person has opened.
[[nodiscard]] CapturedModel capturedModel(const CaptureData& capture, const QStringList& openedBefore);

}  // namespace rankscope::gui
