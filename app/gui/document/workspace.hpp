// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QObject>

namespace rankscope::gui {

class Document;
class EngineControl;
class Selection;
class StateSource;

/// What every panel works on. All of it outlives the panels.
struct Workspace {
    Document& document;
    Selection& selection;
    StateSource& states;
    EngineControl& engine;
};

}  // namespace rankscope::gui
