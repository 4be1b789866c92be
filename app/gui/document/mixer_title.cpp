// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/document/mixer_title.hpp"

#include <QCoreApplication>

namespace rankscope::gui {

QString mixerTitle(MixerKind mixer) {
    switch (mixer) {
        case MixerKind::DeltaRule:
            return QCoreApplication::translate("Mixer", "DeltaNet");
        case MixerKind::GatedDeltaRule:
            return QCoreApplication::translate("Mixer", "Gated DeltaNet");
        case MixerKind::Attention:
            return QCoreApplication::translate("Mixer", "softmax attention");
    }
    return {};
}

}  // namespace rankscope::gui
