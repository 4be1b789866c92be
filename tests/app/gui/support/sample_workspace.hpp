// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/document/workspace.hpp"
#include "tests/app/gui/support/fake_engine.hpp"
#include "tests/app/gui/support/fake_states.hpp"
#include "tests/app/gui/support/sample_session.hpp"

#include <cstdlib>
#include <string>

QT_BEGIN_NAMESPACE
class QWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

/// Document, selection, captured states and engine with a sample in them.
struct SampleWorkspace {
    explicit SampleWorkspace(const SampleModel& model = {}) {
        document.openSession(sampleSession(model), QString());
        states.setCapture(sampleCapture(model));
        selection.reset(0, static_cast<int>(states.capture()->layout.positions.back()));
    }

    Document document;
    Selection selection;
    FakeStates states;
    FakeEngine engine;
    Workspace workspace{document, selection, states, engine};
};

/// Writes the widget as NAME.png into the folder that RANKSCOPE_RENDER_DIR names; does nothing without it. For people to look at.
void renderForEyes(QWidget& widget, const std::string& name);

}  // namespace rankscope::gui
