// SPDX-License-Identifier: GPL-3.0-or-later
// While a question is open nothing in any window gives its answer away, however one looks for it.
#include "app/gui/charts/column_table.hpp"
#include "app/gui/charts/tradeoff_view.hpp"
#include "app/gui/teaching/lecture.hpp"
#include "app/gui/teaching/lecture_panel.hpp"
#include "app/gui/teaching/lecture_view.hpp"
#include "app/gui/teaching/lesson_facts.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/tradeoff_panels/explanation_card.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"
#include "app/gui/tradeoff_panels/ribbon.hpp"
#include "app/gui/tradeoff_panels/ribbon_readout.hpp"
#include "app/gui/widgets/panel.hpp"
#include "tests/app/gui/teaching/demo_window.hpp"

#include <QAbstractItemView>
#include <QAccessible>
#include <QClipboard>
#include <QComboBox>
#include <QHelpEvent>
#include <QMetaProperty>
#include <QMouseEvent>
#include <QRegularExpression>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

int significantDigits(const QString& text) {
    int digits = 0;
    for (const QChar c : text) digits += c.isDigit() && (digits > 0 || c != QLatin1Char('0')) ? 1 : 0;
    return digits;
}

// The beginning of an exact number that means no other.
constexpr int kTelling = 5;

QString beginningOf(double value) {
    QString text = number_text::exact(value);
    while (significantDigits(text) > kTelling) text.chop(1);
    return text;
}

// Texts that would tell a number: as the window writes it and as the clipboard does.
QStringList tellTales(const PlanFacts& facts) {
    using namespace number_text;
    QStringList texts{perplexity(facts.perplexity), perplexityDelta(facts.delta), changePercent(std::exp(facts.deltaNll), 1)};
    for (const double value : {facts.perplexity, facts.delta, facts.deltaNll, facts.recall, 100 * facts.recall}) {
        if (std::isfinite(value)) texts.append(beginningOf(value));
    }
    if (std::isfinite(facts.recall)) texts.append(fixed(100 * facts.recall, 1));
    return texts;
}

QStringList secretsOf(const LectureRun& run) {
    using namespace number_text;
    const Document& document = run.workspace().document;
    const LessonFacts& facts = run.facts();
    QStringList secrets;
    const auto plan = [&](const QString& id) {
        if (const auto found = factsOfId(document, id)) secrets.append(tellTales(*found));
    };
    if (run.step().plan != QLatin1String("full")) plan(facts.plan(run.step().plan));
    switch (run.step().ask.kind) {
        case Ask::Kind::Directions: {
            secrets << rank(facts.probe()->at99) << beginningOf(facts.probe()->at99);
            // And what the answer is compared with.
            secrets << *facts.text(QStringLiteral("probe.stable")) << *facts.text(QStringLiteral("probe.entropy"));
            break;
        }
        case Ask::Kind::Layer:
            for (const LessonFacts::LayerCost& cost : facts.layerCosts()) {
                secrets << signedFixed(cost.deltaNll, 4) << signedFixed(1000 * cost.deltaNll, 2) << significant(cost.deltaNll, 3)
                        << significant(cost.deltaNll, 4) << beginningOf(cost.deltaNll);
            }
            break;
        case Ask::Kind::Method:
            for (const QString& method : run.step().ask.methods) plan(facts.sameSize(method));
            break;
        default:
            break;
    }
    secrets.removeAll(QString());
    // Too short to mean this number and no other; with a sign even two digits do.
    secrets.erase(std::remove_if(secrets.begin(), secrets.end(),
                                 [](const QString& secret) { return significantDigits(secret) < 3 && secret.front().isDigit(); }),
                  secrets.end());
    return secrets;
}

class Collector {
public:
    QStringList texts;

    void add(const QString& text) {
        if (!text.trimmed().isEmpty()) texts.append(text);
    }

    void addModel(const QAbstractItemModel& model) {
        for (int row = 0; row < model.rowCount(); ++row) {
            for (int column = 0; column < model.columnCount(); ++column) {
                for (const int role : {Qt::DisplayRole, Qt::EditRole, Qt::ToolTipRole, Qt::AccessibleTextRole, Qt::AccessibleDescriptionRole, Qt::StatusTipRole, Qt::UserRole})
                    add(model.index(row, column).data(role).toString());
            }
        }
    }

    void addAccessible(QAccessibleInterface* interface, int depth = 0) {
        if (interface == nullptr || depth > 12 || interface->state().invisible) return;
        for (const QAccessible::Text text : {QAccessible::Name, QAccessible::Description, QAccessible::Value, QAccessible::Help}) add(interface->text(text));
        for (int i = 0; i < interface->childCount(); ++i) addAccessible(interface->child(i), depth + 1);
    }

    void addWidget(QWidget& widget) {
        const QMetaObject* meta = widget.metaObject();
        for (int i = 0; i < meta->propertyCount(); ++i) {
            const QMetaProperty property = meta->property(i);
            if (property.metaType().id() == QMetaType::QString && qstrcmp(property.name(), "styleSheet") != 0) add(property.read(&widget).toString());
        }
        if (const auto* box = qobject_cast<QComboBox*>(&widget)) addModel(*box->model());
        if (const auto* view = qobject_cast<QAbstractItemView*>(&widget); view != nullptr && view->model() != nullptr) addModel(*view->model());
        if (auto* readout = dynamic_cast<RibbonReadout*>(&widget)) {
            const RibbonText& text = readout->text();
            for (const QString& part : {text.label, text.note, text.value, text.unit, text.error, text.change, text.exact}) add(part);
        }
        if (auto* view = dynamic_cast<PlotView*>(&widget)) {
            add(view->describe());
            addModel(*view->tableModel());
            add(view->tableModel()->table().toTsv());
            const PlotDrawing drawing = view->drawing();
            for (const PlotLabel& label : drawing.labels) add(label.text);
            for (const LegendEntry& entry : drawing.legend) add(entry.text);
            for (const PlotMarks& marks : drawing.marks) {
                for (const QPointF& point : marks.points) add(number_text::exact(point.y()));
            }
            for (const auto& curve : drawing.curves) {
                for (const QPolygonF& piece : curve.pieces) {
                    for (const QPointF& point : piece) add(number_text::exact(point.y()));
                }
            }
            for (const QLineF& line : drawing.guides) add(number_text::exact(line.y1()));
            QObject::connect(view, &PlotView::readoutChanged, view, [this](const QString& text) { add(text); });
        }
        // Tooltips as the pointer would get them, and what a copy would leave.
        QHelpEvent help(QEvent::ToolTip, widget.rect().center(), widget.mapToGlobal(widget.rect().center()));
        QApplication::sendEvent(&widget, &help);
        add(QToolTip::text());
        QToolTip::hideText();
        QApplication::clipboard()->clear();
        QTest::keyClick(&widget, Qt::Key_C, Qt::ControlModifier);
        add(QApplication::clipboard()->text());
    }

    // The pointer over everything; where it is let through to.
    static void sweep(QWidget& window) {
        for (int y = 4; y < window.height(); y += 31) {
            for (int x = 4; x < window.width(); x += 31) {
                QWidget* under = window.childAt(x, y);
                if (under == nullptr) continue;
                const QPointF at = under->mapFrom(&window, QPoint(x, y));
                QMouseEvent move(QEvent::MouseMove, at, under->mapToGlobal(at), Qt::NoButton, Qt::NoButton, {});
                QApplication::sendEvent(under, &move);
            }
        }
    }
};

bool tells(const QString& text, const QString& secret) {
    if (!text.contains(secret)) return false;
    const QString number = QRegularExpression::escape(secret);
    const bool beginning = significantDigits(secret) >= kTelling;
    const QRegularExpression found(QStringLiteral("(?<![\\d.,])%1%2").arg(number, beginning ? QString() : QStringLiteral("(?![\\d.]*\\d)")));
    return found.match(text).hasMatch();
}

QStringList everything(DemoWindow& demo) {
    Collector collector;
    for (QWidget* window : QApplication::topLevelWidgets()) {
        if (!window->isVisible()) continue;
        collector.add(window->windowTitle());
        QList<QWidget*> widgets = window->findChildren<QWidget*>();
        widgets.prepend(window);
        for (QWidget* widget : widgets) {
            if (widget->isVisible()) collector.addWidget(*widget);
        }
        Collector::sweep(*window);
        collector.addAccessible(QAccessible::queryAccessibleInterface(window));
    }
    // Every number of the ribbon, explained.
    for (RibbonReadout* readout : demo.window.lecture()->stage()->view()->ribbon()->shownReadouts()) {
        readout->click();
        auto* card = demo.window.findChild<ExplanationCard*>();
        if (!card->isVisible()) continue;
        for (QWidget* widget : card->findChildren<QWidget*>()) {
            if (widget->isVisible()) collector.add(widget->property("text").toString());
        }
        card->hide();
    }
    collector.texts.removeDuplicates();
    return collector.texts;
}

TEST(GuessFirst, NothingTellsWhileTheQuestionIsOpen) {
    for (const QString& name : SessionKeeper::demos()) {
        DemoWindow demo(name);
        demo.window.setLecture(true);
        ASSERT_TRUE(demo.window.isLecture());
        demo.window.lecture()->setAudience(true);
        LectureRun& run = demo.window.lecture()->run();
        for (int step = 0; step < run.count(); ++step) {
            run.goTo(step);
            demo.settle();
            QTest::qWait(120);
            ASSERT_TRUE(run.isOpen());
            const QStringList secrets = secretsOf(run);
            ASSERT_GE(secrets.size(), 2) << name.toStdString() << ", step " << step + 1;
            const QStringList texts = everything(demo);
            // How many there are depends on the fonts; far fewer would mean that the collector is blind.
            EXPECT_GT(texts.size(), 70);
            for (const QString& secret : secrets) {
                for (const QString& text : texts) EXPECT_FALSE(tells(text, secret)) << name.toStdString() << ", step " << step + 1 << ": \"" << secret.toStdString() << "\" in: " << text.toStdString();
            }
            // The same search finds the answer once it is given: the test can see.
            run.reveal();
            demo.settle();
            QTest::qWait(120);
            const QStringList after = everything(demo);
            const bool found = std::ranges::any_of(secrets, [&](const QString& secret) {
                return std::ranges::any_of(after, [&](const QString& text) { return tells(text, secret); });
            });
            EXPECT_TRUE(found) << name.toStdString() << ", step " << step + 1;
        }
    }
}

TEST(GuessFirst, ADashedLineStandsForTheDotAtItsSize) {
    DemoWindow demo(QStringLiteral("books-delta"));
    demo.window.setLecture(true);
    LectureRun& run = demo.window.lecture()->run();
    run.goTo(2);
    demo.settle();
    LecturePanel* panel = demo.window.lecture()->stage()->view()->right();
    auto* dots = dynamic_cast<TradeoffView*>(panel->view());
    ASSERT_NE(dots, nullptr);
    EXPECT_TRUE(dots->data().hideCurrent);
    const QString current = dots->data().current;
    const auto dot = [&] {
        const auto& all = dots->data().dots;
        return *std::ranges::find_if(all, [&](const TradeoffDot& each) { return each.id == current; });
    };
    EXPECT_TRUE(std::isnan(dot().quality));
    EXPECT_NEAR(dot().stateKib, static_cast<double>(demo.document.stateBytes(demo.document.plan())) / 1024, 1e-9);
    const double x = dots->toPixel({dot().stateKib, 0}).x();
    const QImage open = dots->viewport()->grab().toImage();
    int accent = 0;
    const QColor line = Theme::light().color(Role::Accent);
    for (int y = qRound(dots->plotRect().top()); y < dots->plotRect().bottom(); ++y) {
        const QColor pixel = open.pixelColor(qRound(x), y);
        accent += std::abs(pixel.red() - line.red()) + std::abs(pixel.blue() - line.blue()) < 60 ? 1 : 0;
    }
    EXPECT_GT(accent, dots->plotRect().height() / 3);
    // No pointer, no key gets anything out of it.
    EXPECT_TRUE(dots->testAttribute(Qt::WA_TransparentForMouseEvents));
    EXPECT_EQ(dots->focusPolicy(), Qt::NoFocus);
    run.reveal();
    demo.settle();
    dots = dynamic_cast<TradeoffView*>(panel->view());
    ASSERT_NE(dots, nullptr);
    EXPECT_FALSE(dots->data().hideCurrent);
    EXPECT_FALSE(std::isnan(dot().quality));
    EXPECT_NE(dots->focusPolicy(), Qt::NoFocus);
    EXPECT_GT(dots->data().dots.size(), 40);
}

TEST(GuessFirst, WindowsThatWouldTellAreGoneMeanwhile) {
    DemoWindow demo(QStringLiteral("books-delta"));
    auto* plans = dynamic_cast<Panel*>(demo.window.place(QStringLiteral("plans")));
    ASSERT_NE(plans, nullptr);
    Q_EMIT plans->popOutRequested();
    demo.settle();
    QWidget* out = plans->window();
    ASSERT_NE(out, &demo.window);
    EXPECT_TRUE(out->isVisible());
    demo.window.setLecture(true);
    EXPECT_FALSE(out->isVisible());
    demo.window.setLecture(false);
    demo.settle();
    EXPECT_TRUE(out->isVisible());
    EXPECT_EQ(plans->window(), out);
    out->close();
    demo.settle();
}

}  // namespace
}  // namespace rankscope::gui
