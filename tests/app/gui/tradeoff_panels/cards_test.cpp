// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/explanation.hpp"
#include "app/gui/tradeoff_panels/explanation_card.hpp"
#include "app/gui/tradeoff_panels/explanation_table.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"
#include "app/gui/tradeoff_panels/story_card.hpp"
#include "core/spectra/rank_metrics.hpp"
#include "tests/app/gui/tradeoff_panels/panel_look.hpp"

#include <gtest/gtest.h>

#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSet>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

namespace rankscope::gui {
namespace {

QString allText(const QWidget& widget) {
    QStringList texts;
    for (const QLabel* label : widget.findChildren<QLabel*>()) {
        if (!label->isHidden()) texts.append(label->text());
    }
    return texts.join(QLatin1Char('\n'));
}

TEST(ExplanationTable, EveryTopicIsCompleteAndThereOnce) {
    QSet<QString> seen;
    for (const ExplanationTopic& topic : explanationTopics()) {
        const QString id = QString::fromLatin1(topic.id);
        EXPECT_FALSE(seen.contains(id)) << topic.id;
        seen.insert(id);
        for (const char* text :
             {topic.title, topic.definition, topic.formula, topic.unit, topic.certainty, topic.careful})
            EXPECT_GT(std::string(text).size(), 0U) << topic.id;
        EXPECT_EQ(std::string(topic.definition).find('!'), std::string::npos) << topic.id;
        EXPECT_EQ(explanationTopic(id), &topic);
    }
    EXPECT_EQ(explanationTopic(QStringLiteral("nonsense")), nullptr);
}

TEST(ExplanationTable, KnowsEveryMetric) {
    for (const RankMetric& metric : rank_metrics_table())
        EXPECT_NE(explanationTopic(
                      QString::fromLatin1(metric.name.data(), static_cast<qsizetype>(metric.name.size()))),
                  nullptr)
            << metric.name;
}

TEST(ExplanationTable, EveryLinkLeadsSomewhereElse) {
    for (const ExplanationTopic& topic : explanationTopics()) {
        const QStringList related = QString::fromLatin1(topic.related).split(QLatin1Char(' '));
        EXPECT_EQ(QSet<QString>(related.begin(), related.end()).size(), related.size()) << topic.id;
        for (const QString& id : related) {
            EXPECT_NE(explanationTopic(id), nullptr) << topic.id << " to " << id.toStdString();
            EXPECT_NE(id, QString::fromLatin1(topic.id));
        }
        const QStringList places = QString::fromLatin1(topic.places).split(QLatin1Char(' '));
        for (const QString& name : places)
            EXPECT_NE(explanationPlace(name), nullptr) << topic.id << " in " << name.toStdString();
    }
    EXPECT_EQ(explanationPlace(QStringLiteral("nowhere")), nullptr);
}

TEST(ExplanationTable, EveryTopicCanBeExplainedWithAndWithoutAnything) {
    SampleWorkspace sample(SampleModel{.answers = true});
    Document empty;
    const Workspace bare{empty, sample.selection, sample.states, sample.engine};
    for (const ExplanationTopic& topic : explanationTopics()) {
        const QString id = QString::fromLatin1(topic.id);
        const auto e = explain(id, sample.workspace);
        ASSERT_TRUE(e) << topic.id;
        EXPECT_FALSE(e->from.isEmpty() && e->result.isEmpty() && id != QStringLiteral("difference"))
            << topic.id;
        EXPECT_TRUE(explain(id, bare)) << topic.id;
    }
}

TEST(Explanations, HaveTheCurrentNumbers) {
    SampleWorkspace sample;
    const PlanFacts facts = currentFacts(sample.document);
    auto e = *explain(QStringLiteral("delta"), sample.workspace);
    EXPECT_TRUE(e.result.startsWith(QLatin1Char('+')));
    EXPECT_TRUE(e.exact.startsWith(QString::number(facts.delta, 'g', 6).left(5)));
    e = *explain(QStringLiteral("state"), sample.workspace);
    EXPECT_EQ(e.result, QStringLiteral("96.0 KiB"));
    sample.document.setPlan({}, sample.document.withKept(0, 16));
    e = *explain(QStringLiteral("delta"), sample.workspace);
    EXPECT_TRUE(e.result.startsWith(QStringLiteral("≈")));
    EXPECT_TRUE(e.certainty.contains(QStringLiteral("estimate")));
    e = *explain(QStringLiteral("kept_channels"), sample.workspace);
    EXPECT_EQ(e.exact, QStringLiteral("16"));
    EXPECT_TRUE(e.result.contains(QStringLiteral("75.0 %")));
    e = *explain(QStringLiteral("best_directions"), sample.workspace);
    EXPECT_TRUE(e.result.endsWith(QLatin1Char('%')));
}

TEST(Explanations, SayWhenSomethingIsMissing) {
    SampleWorkspace sample;
    sample.states.setCapture(nullptr);
    const auto e = *explain(QStringLiteral("rank_stable"), sample.workspace);
    EXPECT_EQ(e.result, QStringLiteral("–"));
    EXPECT_TRUE(e.from.contains(QStringLiteral("not captured")));
    EXPECT_TRUE(e.exact.isEmpty());
}

TEST(Explanations, OfWhatACaptureOfRanksLeavesOutSaySo) {
    SampleWorkspace sample;
    sample.states.setCapture(ranksAlone(*sampleCapture()));
    EXPECT_NE(explain(QStringLiteral("rank_stable"), sample.workspace)->result, QStringLiteral("–"));
    for (const char* topic : {"rank_entropy", "best_directions", "kept_energy"}) {
        const auto e = *explain(QString::fromLatin1(topic), sample.workspace);
        EXPECT_EQ(e.result, QStringLiteral("–")) << topic;
        EXPECT_TRUE(e.from.contains(QStringLiteral("made without"))) << topic;
    }
}

struct CardTest : testing::Test {
    CardTest() : card(sample.workspace, &window) {
        other = new QLineEdit(&window);
        showAt(window, 900, 700);
        window.activateWindow();
    }

    Look look;
    SampleWorkspace sample;
    QWidget window;
    QLineEdit* other;
    ExplanationCard card;
};

TEST_F(CardTest, OpensBesideANumberInsideTheWindow) {
    ASSERT_TRUE(card.showTopic(QStringLiteral("perplexity"), QRect(850, 10, 40, 40)));
    EXPECT_TRUE(card.isVisible());
    EXPECT_TRUE(window.rect().contains(card.geometry()));
    EXPECT_FALSE(card.geometry().intersects(QRect(850, 10, 40, 40)));
    ASSERT_TRUE(card.showTopic(QStringLiteral("perplexity"), QRect(10, 660, 40, 30)));
    EXPECT_TRUE(window.rect().contains(card.geometry()));
    EXPECT_TRUE(allText(card).contains(explain(QStringLiteral("perplexity"), sample.workspace)->result));
    EXPECT_FALSE(card.showTopic(QStringLiteral("nonsense"), {}));
    EXPECT_EQ(card.topic(), QStringLiteral("perplexity"));
}

TEST_F(CardTest, FollowsThePlan) {
    card.showTopic(QStringLiteral("state"), QRect(10, 10, 40, 40));
    EXPECT_TRUE(allText(card).contains(QStringLiteral("96.0 KiB")));
    sample.document.setPlan({}, sample.document.withKept(0, 16));
    EXPECT_FALSE(allText(card).contains(QStringLiteral("= 96.0 KiB")));
}

TEST_F(CardTest, EscapeClosesAndCopyCopies) {
    card.showTopic(QStringLiteral("state"), QRect(10, 10, 40, 40));
    card.findChildren<QPushButton*>().first()->click();
    EXPECT_EQ(QApplication::clipboard()->text(), QStringLiteral("98304 bytes"));
    QSignalSpy closed(&card, &ExplanationCard::closed);
    QTest::keyClick(&card, Qt::Key_Escape);
    EXPECT_FALSE(card.isVisible());
    EXPECT_EQ(closed.count(), 1);
}

TEST_F(CardTest, LosingTheFocusClosesItUnlessItIsPinned) {
    card.showTopic(QStringLiteral("state"), QRect(10, 10, 40, 40));
    other->setFocus();
    EXPECT_FALSE(card.isVisible());
    card.showTopic(QStringLiteral("state"), QRect(10, 10, 40, 40));
    card.findChildren<QToolButton*>().first()->setChecked(true);
    other->setFocus();
    EXPECT_TRUE(card.isVisible());
}

TEST_F(CardTest, SeeLeadsToOtherCardsAndPlaces) {
    card.showTopic(QStringLiteral("kept_energy"), QRect(10, 10, 40, 40));
    QLabel* see = nullptr;
    for (QLabel* label : card.findChildren<QLabel*>()) {
        if (label->text().contains(QStringLiteral("<a href"))) see = label;
    }
    ASSERT_NE(see, nullptr);
    EXPECT_TRUE(see->text().contains(QStringLiteral("shown in")));
    EXPECT_TRUE(see->textInteractionFlags().testFlag(Qt::LinksAccessibleByKeyboard));
    EXPECT_TRUE(see->focusPolicy() & Qt::TabFocus);
    Q_EMIT see->linkActivated(QStringLiteral("topic:best_directions"));
    EXPECT_EQ(card.topic(), QStringLiteral("best_directions"));
    EXPECT_TRUE(card.isVisible());
    EXPECT_TRUE(see->text().contains(QStringLiteral("Eckart")));
    QSignalSpy place(&card, &ExplanationCard::placeRequested);
    Q_EMIT see->linkActivated(QStringLiteral("place:layer"));
    ASSERT_EQ(place.count(), 1);
    EXPECT_EQ(place[0][0].toString(), QStringLiteral("layer"));
    EXPECT_FALSE(card.isVisible()) << "it would hide what it points at";
    // The plan that a card is about stays the one.
    const QString id = sample.document.state().points.front().id;
    card.showTopic(QStringLiteral("perplexity/") + id, QRect(10, 10, 40, 40));
    EXPECT_TRUE(see->text().contains(QStringLiteral("topic:delta/") + id));
    // In a lecture another number may be the answer.
    card.setLinks(false);
    EXPECT_FALSE(see->text().contains(QStringLiteral("<a href")));
    EXPECT_TRUE(see->text().contains(QStringLiteral("paired")));
}

TEST(StoryCardTest, TellsTheStoryOfTheSession) {
    Look look;
    SampleWorkspace sample;
    StoryCard card(sample.document);
    showAt(card, 560, 160);
    EXPECT_TRUE(allText(card).contains(QStringLiteral("Half of this model's state can go")));
    QSignalSpy tour(&card, &StoryCard::tourRequested);
    QSignalSpy open(&card, &StoryCard::openModelRequested);
    QSignalSpy demo(&card, &StoryCard::demoRequested);
    card.setTourSteps(5);
    card.setDemos({QStringLiteral("One"), QStringLiteral("Two")});
    const auto buttons = card.findChildren<QPushButton*>();
    EXPECT_EQ(buttons[0]->text(), QStringLiteral(" Start the tour (5 steps)"));
    buttons[0]->click();
    buttons[1]->click();
    card.findChild<QMenu*>()->actions()[1]->trigger();
    EXPECT_EQ(tour.count(), 1);
    EXPECT_EQ(open.count(), 1);
    ASSERT_EQ(demo.count(), 1);
    EXPECT_EQ(demo[0][0].toInt(), 1);
}

TEST(StoryCardTest, ANumberAndItsErrorStayOnOneLine) {
    Look look;
    SampleWorkspace sample;
    SavedSession session = sampleSession();
    session.story = SessionStory{"Half", "It costs +1.14 ± 0.11, at random +56.0 ± 1.4.", {}, {}};
    sample.document.openSession(session, QString());
    StoryCard card(sample.document);
    showAt(card, 300, 160);
    EXPECT_TRUE(allText(card).contains(QStringLiteral("+1.14\u00a0±\u00a00.11")))
        << allText(card).toStdString();
    EXPECT_FALSE(allText(card).contains(QStringLiteral(" ± ")));
}

TEST(StoryCardTest, ClosingLastsUntilItIsAskedFor) {
    SampleWorkspace sample;
    StoryCard card(sample.document);
    card.show();
    card.findChild<QToolButton*>()->click();
    EXPECT_TRUE(card.isHidden());
    card.reopen();
    EXPECT_FALSE(card.isHidden());
    // A model without a story has no card.
    sample.document.openModel(sampleSession().model);
    EXPECT_TRUE(card.isHidden());
}

TEST(StoryCardTest, ButtonsTakeRowsWhereItIsNarrow) {
    Look look;
    SampleWorkspace sample;
    StoryCard card(sample.document);
    card.setTourSteps(5);
    card.setDemos({QStringLiteral("One")});
    EXPECT_GT(card.heightForWidth(card.minimumSizeHint().width()), card.heightForWidth(700));
    showAt(card, card.minimumSizeHint().width(), 10);
    card.resize(card.width(), card.heightForWidth(card.width()));
    for (const QPushButton* button : card.findChildren<QPushButton*>())
        EXPECT_TRUE(card.rect().contains(button->geometry())) << button->text().toStdString();
}

TEST(CardsLook, Renders) {
    for (const bool dark : {false, true}) {
        const Theme& theme = dark ? Theme::dark() : Theme::light();
        const std::string suffix = dark ? "-dark" : "-light";
        Look look(theme);
        SampleWorkspace sample;
        StoryCard story(sample.document);
        story.applyTheme(theme);
        story.setTourSteps(5);
        story.setDemos({QStringLiteral("One")});
        for (const int width : {600, 330}) {
            showAt(story, width, story.heightForWidth(width));
            renderForEyes(story, "story-" + std::to_string(width) + suffix);
        }
        QWidget window;
        ExplanationCard card(sample.workspace, &window);
        card.applyTheme(theme);
        card.setHasHelp(true);
        showAt(window, 440, 460);
        for (const char* topic : {"delta", "kept_energy", "decode"}) {
            card.showTopic(QString::fromLatin1(topic), QRect(10, 4, 60, 20));
            renderForEyes(window, std::string("card-") + topic + suffix);
        }
    }
    Look look(Theme::light(), QStringLiteral("DejaVu Sans"), 1.5);
    SampleWorkspace sample;
    QWidget window;
    ExplanationCard card(sample.workspace, &window);
    showAt(window, 640, 700);
    card.showTopic(QStringLiteral("delta"), QRect(10, 4, 60, 20));
    renderForEyes(window, "card-dejavu-150");
    StoryCard story(sample.document);
    story.setTourSteps(5);
    showAt(story, 480, story.heightForWidth(480));
    renderForEyes(story, "story-dejavu-150");
}

}  // namespace
}  // namespace rankscope::gui
