// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <span>

namespace rankscope::gui {

/// What the window says about one of its numbers. English source texts; shown through explanationText().
struct ExplanationTopic {
    const char* id;          ///< "kept_energy"
    const char* title;       ///< "Kept rows hold"
    const char* definition;  ///< one or two sentences
    const char* formula;     ///< may be empty
    const char* unit;        ///< unit, and which way is better
    const char* from;        ///< what it is made of; may be empty where the numbers say it
    const char* certainty;   ///< how sure it is
    const char* careful;     ///< what it does not say
    const char* related;     ///< ids of other topics, with spaces between them
    const char* places;      ///< where the window shows it: names of ExplanationPlace
    const char* source;      ///< who defined it; empty where it is a plain count or our own
};

/// A part of the window that a card can point at.
struct ExplanationPlace {
    const char* name;   ///< as MainWindow::place() knows it
    const char* title;  ///< as the window calls it
};

/// All topics, in the order of the window from left to right.
[[nodiscard]] std::span<const ExplanationTopic> explanationTopics();

/// Null for an unknown id.
[[nodiscard]] const ExplanationTopic* explanationTopic(const QString& id);

[[nodiscard]] std::span<const ExplanationPlace> explanationPlaces();

/// Null for an unknown name.
[[nodiscard]] const ExplanationPlace* explanationPlace(const QString& name);

/// A text of the table in the language of the window.
[[nodiscard]] QString explanationText(const char* text);

}  // namespace rankscope::gui
