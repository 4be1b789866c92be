// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/document.hpp"

#include <QUndoCommand>

namespace rankscope::gui {

/// One undo step: the whole state before and after it. States are values, so a step can never undo half of
/// itself.
class StateCommand : public QUndoCommand {
public:
    StateCommand(Document& document, const QString& label, DocumentState before, DocumentState after,
                 int mergeId)
        : QUndoCommand(label),
          document_(document),
          before_(std::move(before)),
          after_(std::move(after)),
          mergeId_(mergeId) {}

    void undo() override { document_.apply(before_); }

    void redo() override { document_.apply(after_); }

    [[nodiscard]] int id() const override { return mergeId_ > 0 ? mergeId_ : -1; }

    bool mergeWith(const QUndoCommand* later) override {
        const auto* next = static_cast<const StateCommand*>(later);  // same id: the same class
        after_ = next->after_;
        setText(next->text());
        setObsolete(before_ == after_);
        return true;
    }

    [[nodiscard]] const DocumentState& before() const { return before_; }

    [[nodiscard]] const DocumentState& after() const { return after_; }

    /// A computation has made a point: no step, back or forth, may take it away again.
    void addToBoth(const SavedPlan& point) const {
        before_.points.push_back(point);
        after_.points.push_back(point);
    }

private:
    Document& document_;
    mutable DocumentState before_, after_;
    int mergeId_;
};

}  // namespace rankscope::gui
